/** What keeps a mediator from being called, whoever asks: the relay's own rule, shown where the roster is kept. */
import type { MediatorRow } from '../wire';

export type Bar = 'not_active' | 'no_undertaking' | 'not_vetted';

export function barsOf(mediator: MediatorRow['mediator'], now: number): Bar[] {
  const bars: Bar[] = [];
  if (!mediator.active) bars.push('not_active');
  if (mediator.undertaking_signed_at === null || mediator.undertaking_signed_at > now) bars.push('no_undertaking');
  if (mediator.vetted_until === null || mediator.vetted_until <= now) bars.push('not_vetted');
  return bars;
}

/** `2026-11-24` in a date field, for a time; days are counted in UTC so that a form changes nothing by itself. */
export function asDay(time: number | null): string {
  return time === null ? '' : new Date(time).toISOString().slice(0, 10);
}

/** The beginning of that day, or nothing for an empty field. */
export function fromDay(day: string): number | null {
  return day === '' ? null : Date.parse(`${day}T00:00:00Z`);
}
