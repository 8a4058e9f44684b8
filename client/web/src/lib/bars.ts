/** What keeps a mediator from being called, whoever asks: the relay's own rule, shown where the roster is kept. */
import type { MediatorRow } from '../wire';

export type Bar = 'not_active' | 'no_undertaking' | 'not_vetted';

export function barsOf(mediator: MediatorRow['mediator'], now: number): Bar[] {
  const bars: Bar[] = [];
  if (!mediator.active) bars.push('not_active');
  const { undertaking_signed_at: signed, undertaking_until: until } = mediator;
  if (signed === null || signed > now || (until !== null && until <= now)) bars.push('no_undertaking');
  if (mediator.vetted_until === null || mediator.vetted_until <= now) bars.push('not_vetted');
  return bars;
}

const DAY = 86_400_000;
/** The last time that a calendar of a browser knows; a roster may hold later ones, for "without end". */
const LAST_TIME = 8.64e15;

/** `2026-11-24` in a date field, for a time; days are counted in UTC so that a form changes nothing by itself. */
export function asDay(time: number | null): string {
  return time === null || Math.abs(time) > LAST_TIME ? '' : new Date(time).toISOString().slice(0, 10);
}

/** The beginning of that day, or nothing for an empty field. */
export function fromDay(day: string): number | null {
  return day === '' ? null : Date.parse(`${day}T00:00:00Z`);
}

/** The last whole or begun day before a time. */
export function asLastDay(time: number | null): string {
  return asDay(time === null ? null : time - 1);
}

/** The end of that day. */
export function fromLastDay(day: string): number | null {
  const start = fromDay(day);
  return start === null ? null : start + DAY;
}
