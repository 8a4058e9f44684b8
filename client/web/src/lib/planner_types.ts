/** The wire words of shifts, coverage and feeds, until `scripts/wire-types` has written them; then `../wire` has them. */
import type { Level } from '../wire';

export type Duty = 'on_shift' | 'on_call';

export interface Span {
  from: number;
  until: number;
}

export interface Shift {
  id: string;
  mediator: string;
  /** The first beginning by the wall clock of `zone`: `2026-03-02T22:00:00`. */
  starts_at: string;
  zone: string;
  minutes: number;
  rule: string | null;
  skipped: string[];
  duty: Duty;
}

export interface ShiftForm {
  starts_at: string;
  zone: string;
  minutes: number;
  rule: string | null;
  skipped: string[];
  duty: Duty;
}

export interface ShiftOrder {
  mediator: string;
  shift: ShiftForm;
}

export interface ShiftRow {
  shift: Shift;
  occurrences: Span[];
}

export interface ImportForm {
  mediator: string;
  ics: string;
  zone: string | null;
  commit: boolean;
}

export interface ImportProblem {
  event: number;
  summary: string;
  message: string;
}

export interface ImportReport {
  shifts: Shift[];
  problems: ImportProblem[];
  committed: boolean;
}

export interface CoverageHour {
  at: number;
  /** By the wall clock of the view's zone: `2026-03-29T03:00`. */
  local: string;
}

export interface LanguageCoverage {
  language: string;
  speakers: number;
  on_shift: number[];
  on_call: number[];
  needed: number[];
  gaps: number[];
}

export interface CoverageView {
  zone: string;
  hours: CoverageHour[];
  languages: LanguageCoverage[];
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

export type FeedOf = { kind: 'mediator'; id: string } | { kind: 'agency'; id: string };

export interface FeedMade {
  id: string;
  url: string;
}

export interface FeedRow {
  id: string;
  of: FeedOf;
  created_at: number;
  read_at: number | null;
}
