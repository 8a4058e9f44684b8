/**
 * Words of the board's calls that `scripts/wire-types` does not write yet. Each goes from here to `src/wire` when it is
 * generated; nothing else names them.
 */
import type {
  AgencyCode,
  Circumstance,
  CountryCode,
  Gender,
  IntervieweeLabel,
  LanguagePair,
  Level,
  Qualification,
  Specialism,
  SpokenLanguage,
} from '../wire';

/** Half open, in Unix milliseconds. */
export interface Span {
  from: number;
  until: number;
}

export type Duty = 'on_shift' | 'on_call';

export interface ShiftForm {
  /** By the wall clock of `zone`: `2026-03-02T22:00`. */
  starts_at: string;
  zone: string;
  minutes: number;
  rule: string | null;
  skipped: string[];
  duty: Duty;
}
export interface Shift extends ShiftForm {
  id: string;
  mediator: string;
}
export interface ShiftOrder {
  mediator: string;
  shift: ShiftForm;
}
export interface ShiftRow {
  shift: Shift;
  /** Uncut, in order. */
  occurrences: Span[];
}

export interface CoverageView {
  zone: string;
  hours: { at: number; local: string }[];
  languages: LanguageCoverage[];
}
export interface LanguageCoverage {
  language: string;
  speakers: number;
  on_shift: number[];
  on_call: number[];
  needed: number[];
  /** Numbers of the hours in which somebody is needed and nobody is on shift. */
  gaps: number[];
}
export type FillReason = 'free_that_day' | 'shift_adjoins' | 'no_undertaking' | 'not_vetted' | 'over_load_limit';
export interface Filler {
  mediator: string;
  alias: string;
  fits: boolean;
  level: Level;
  minutes_that_day: number;
  reasons: FillReason[];
}
export interface FillView {
  language: string;
  hour: number;
  on_shift: string[];
  on_call: string[];
  others: Filler[];
}
export interface ForecastView {
  languages: LanguageForecast[];
}
export interface LanguageForecast {
  language: string;
  expected_calls: number[];
  /** From 0 to 1, for each hour. */
  answered_within_30s: number[];
}

export interface PrivateDetails {
  name: string | null;
  phone: string | null;
  email: string | null;
  notes: string | null;
}
export interface FieldError {
  column: string;
  message: string;
}
export type ImportVerdict = 'new' | 'changed' | 'unchanged' | 'error';
export interface RosterImportRow {
  /** The line of the file on which it begins; the header is on line 1. */
  line: number;
  alias: string;
  verdict: ImportVerdict;
  changes: string[];
  errors: FieldError[];
}
export interface RosterImportReport {
  committed: boolean;
  rows: RosterImportRow[];
}

export interface Agency {
  code: AgencyCode;
  name: string;
  country: CountryCode;
  zone: string;
}

export type BookingState = 'seeking' | 'confirmed' | 'cancelled' | 'begun' | 'missed' | 'unfilled';
export type BookingOfferState = 'offered' | 'accepted' | 'declined' | 'withdrawn' | 'gave_back';
export interface BookedRequest {
  languages: LanguagePair;
  gender_wish: Gender | null;
  label: IntervieweeLabel;
  minor: boolean;
  circumstances: Circumstance[];
  specialisms: Specialism[];
}
export interface BookingView {
  id: string;
  agency: AgencyCode | null;
  request: BookedRequest;
  span: Span;
  state: BookingState;
  /** Nobody has said yes and the time is near. */
  escalated: boolean;
  /** How many are asked and have not answered. */
  asked: number;
  alias: string | null;
  session: string | null;
  offers: { mediator: string; alias: string; state: BookingOfferState }[];
}

export type LoanState = 'requested' | 'approved' | 'refused' | 'revoked' | 'ended';
export interface LoanLimits {
  mediators: string[];
  window: Span;
  max_minutes: number | null;
}
export interface Lendable {
  mediator: string;
  alias: string;
  languages: SpokenLanguage[];
  qualification: Qualification;
  specialisms: Specialism[];
  cleared: boolean;
  cleared_until: number | null;
}
export interface LoanForm {
  lender: AgencyCode;
  borrower: AgencyCode;
  limits: LoanLimits;
  note?: string;
}
export interface LoanView {
  id: string;
  lender: AgencyCode;
  borrower: AgencyCode;
  state: LoanState;
  limits: LoanLimits;
  used_minutes: number;
  mediators: Lendable[];
}

export interface ReportView {
  languages: LanguageReport[];
  mediators: { alias: string; hours: number }[];
}
export interface LanguageReport {
  language: string;
  requests: number;
  answered: number;
  /** From 0 to 1. */
  fill_rate: number;
  wait_p50_s: number | null;
  wait_p95_s: number | null;
}
