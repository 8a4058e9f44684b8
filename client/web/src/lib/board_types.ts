/**
 * Words of the board's calls that `scripts/wire-types` does not write yet. Each goes from here to `src/wire` when it is
 * generated; nothing else names them.
 */
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
