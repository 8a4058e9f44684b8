/**
 * Words of the board's calls that `scripts/wire-types` does not write yet. Each goes from here to `src/wire` when it is
 * generated; nothing else names them.
 */
import type { Level, Span } from '../wire';

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
