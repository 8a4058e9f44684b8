/** What an officer asks for on the start page: the same for a call now and for a session planned ahead. */
import type { StaffWords } from '../i18n/staff/en';
import type { Gender, IntervieweeLabel, SessionForm, Specialism } from '../wire';

export interface RequestDraft {
  /** The interviewee's language, once it is chosen. */
  source: string | undefined;
  label: IntervieweeLabel;
  gender: Gender | null;
  minor: boolean;
  transcript: boolean;
  /** What the case is about: who was trained for it is preferred, and its terms are at hand. */
  about: Exclude<Specialism, 'minors'> | null;
  caseNumber: string;
  person: string;
}

export function newRequest(): RequestDraft {
  return {
    source: undefined,
    label: 'victim',
    gender: null,
    minor: false,
    transcript: false,
    about: null,
    caseNumber: '',
    person: '',
  };
}

/** What is sent, as soon as a language is chosen. `target`: the officer's own language. */
export function formOf(draft: RequestDraft, target: string): SessionForm | undefined {
  if (draft.source === undefined) return undefined;
  const [caseNumber, person] = [draft.caseNumber.trim(), draft.person.trim()];
  return {
    languages: { source: draft.source, target },
    gender_wish: draft.gender,
    label: draft.label,
    minor: draft.minor,
    transcription_wished: draft.transcript,
    circumstances: [],
    specialisms: draft.about === null ? [] : [draft.about],
    case_number: caseNumber === '' ? null : caseNumber,
    // A person is one of a case.
    person: caseNumber === '' || person === '' ? null : person,
  };
}

/** How the options stand, in a few words. */
export function optionsText(draft: RequestDraft, staff: StaffWords): string {
  const caseNumber = draft.caseNumber.trim();
  return [
    staff[draft.label],
    draft.minor ? staff.minor : '',
    draft.gender === null ? '' : `${staff.interpreterIs}: ${staff[draft.gender]}`,
    draft.transcript ? staff.wishTranscript : '',
    draft.about === null ? '' : staff[`specialism_${draft.about}`],
    caseNumber === '' ? '' : `${staff.caseNumber}: ${caseNumber}`,
  ]
    .filter((text) => text !== '')
    .join(' · ');
}
