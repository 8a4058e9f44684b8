/** The calls of `/api/v1` that only the coordinator's board makes, one function each. */
import type {
  Agency,
  AgencyForm,
  BookingView,
  CandidateRow,
  CaseType,
  CoverageView,
  FeedMade,
  FeedOf,
  FeedRow,
  FillView,
  ForecastView,
  GlossaryRow,
  ImportReport,
  Lendable,
  LoanForm,
  LoanView,
  MediatorRow,
  PrivateAccess,
  PrivateDetails,
  Profile,
  ReportView,
  Shift,
  ShiftImportForm,
  ShiftImportReport,
  ShiftOrder,
  ShiftRow,
} from '../wire';
import { api } from './api';
import { call, fetchFile } from './http';

const asked = (values: Record<string, string | number>) =>
  new URLSearchParams(Object.entries(values).map(([key, value]) => [key, String(value)]));

export const boardCalls = {
  addMediator: (form: Profile): Promise<MediatorRow> => api.addMediator(form),
  changeMediator: (id: string, form: Profile): Promise<MediatorRow> => api.changeMediator(id, form),
  readPrivate: (id: string) => call<PrivateDetails>('GET', `/mediators/${id}/private`),
  writePrivate: (id: string, details: PrivateDetails) => call<PrivateDetails>('PUT', `/mediators/${id}/private`, details),
  privateLog: (id: string) => call<PrivateAccess[]>('GET', `/mediators/${id}/private/log`),
  importRoster: (csv: string, commit: boolean) => call<ImportReport>('POST', '/mediators/import', { csv, commit }),
  exportRoster: () => fetchFile('/mediators/export.csv'),

  shifts: (from: number, until: number) => call<ShiftRow[]>('GET', `/shifts?${asked({ from, until })}`),
  addShift: (order: ShiftOrder) => call<Shift>('POST', '/shifts', order),
  changeShift: (id: string, order: ShiftOrder) => call<Shift>('PUT', `/shifts/${id}`, order),
  removeShift: (id: string) => call<undefined>('DELETE', `/shifts/${id}`),
  skipShift: (id: string, date: string) => call<Shift>('POST', `/shifts/${id}/skip`, { date }),
  importShifts: (form: ShiftImportForm) => call<ShiftImportReport>('POST', '/shifts/import', form),

  feeds: () => call<FeedRow[]>('GET', '/feeds'),
  makeFeed: (of: FeedOf) => call<FeedMade>('POST', '/feeds', of),
  revokeFeed: (id: string) => call<undefined>('DELETE', `/feeds/${id}`),

  /** `minimum`: how many each language needs at any hour; 0: only hours count in which it was asked for lately. */
  coverage: (from: number, hours: number, zone: string, minimum: 0 | 1) =>
    call<CoverageView>('GET', `/coverage?${asked({ from, hours, zone, minimum })}`),
  fill: (language: string, hour: number, zone: string) =>
    call<FillView>('GET', `/coverage/fill?${asked({ language, hour, zone })}`),
  forecast: (from: number, hours: number, zone: string) =>
    call<ForecastView>('GET', `/forecast?${asked({ from, hours, zone })}`),

  candidates: (session: string) => call<CandidateRow[]>('GET', `/sessions/${session}/candidates`),
  /** `reason`: why what speaks against them is lifted; empty where nothing does. */
  ring: (session: string, mediator: string, reason: string) =>
    call<undefined>('POST', `/sessions/${session}/ring`, { mediator, reason }),

  agencies: () => call<Agency[]>('GET', '/agencies'),
  addAgency: (agency: Agency) => call<Agency>('POST', '/agencies', agency),
  changeAgency: (code: string, form: AgencyForm) => call<Agency>('PUT', `/agencies/${code}`, form),
  /** For which agency an account works; `null`: for none. */
  setAgency: (account: string, agency: string | null) => call<undefined>('PUT', `/accounts/${account}/agency`, { agency }),

  bookings: () => api.bookings(),
  assignBooking: (id: string, mediator: string, reason: string) =>
    call<BookingView>('POST', `/bookings/${id}/assign`, { mediator, reason }),
  cancelBooking: (id: string, reason: string) => api.cancelBooking(id, reason),
  loans: () => call<LoanView[]>('GET', '/loans'),
  lendable: (lender: string) => call<Lendable[]>('GET', `/loans/offerable?${asked({ lender })}`),
  requestLoan: (form: LoanForm) => call<LoanView>('POST', '/loans', form),
  decideLoan: (id: string, what: 'approve' | 'refuse' | 'revoke', note: string) =>
    call<LoanView>('POST', `/loans/${id}/${what}`, note === '' ? {} : { note }),

  glossaries: () => call<GlossaryRow[]>('GET', '/glossaries'),
  /** `csv`: the file's text, in the place of the one before; empty: no glossary any more. */
  putGlossary: (of: CaseType, csv: string) => call<GlossaryRow>('PUT', `/glossaries/${of}`, { csv }),
  glossaryFile: (of: CaseType) => fetchFile(`/glossaries/${of}/export.csv`),

  reports: (from: number, until: number) => call<ReportView>('GET', `/reports?${asked({ from, until })}`),
  reportsFile: (from: number, until: number) => fetchFile(`/reports.csv?${asked({ from, until })}`),
};

/** What stands behind the board: a relay, or samples. */
export type BoardCalls = typeof boardCalls;
