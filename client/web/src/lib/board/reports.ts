/** Figures of a report, summed over the languages. */
import type { LanguageReport, ReportView } from '../board_types';

export interface ReportTotals {
  requests: number;
  answered: number;
  /** From 0 to 1; `null`: nothing was asked for. */
  fillRate: number | null;
}

/** Waiting times are not here: percentiles of parts can not be added up to that of the whole. */
export function totalsOf(report: ReportView): ReportTotals {
  const sum = (figure: (row: LanguageReport) => number) => report.languages.reduce((all, row) => all + figure(row), 0);
  const [requests, answered] = [sum((row) => row.requests), sum((row) => row.answered)];
  return { requests, answered, fillRate: requests === 0 ? null : answered / requests };
}

/** Most asked for first. */
export function byRequests(report: ReportView): LanguageReport[] {
  return [...report.languages].sort((a, b) => b.requests - a.requests || a.language.localeCompare(b.language));
}
