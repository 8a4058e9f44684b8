/** Days and times of the planning screens in words, told by wall clocks that the relay or the layout has read already. */
import { fill } from '../i18n/index.svelte';
import type { PlannerWords } from '../i18n/planner/en';
import type { Cell } from './coverage';

/** `Tuesday 24 November` for `2026-11-24`, or `Tue 24`. */
export function dayText(date: string, planner: PlannerWords, short = false): string {
  // A date has no zone, so none may move it.
  const at = new Date(`${date}T00:00Z`);
  const weekday = (short ? planner.shortWeekdays : planner.weekdays).split(' ')[(at.getUTCDay() + 6) % 7] ?? '';
  const month = planner.months.split(' ')[at.getUTCMonth()] ?? '';
  return fill(short ? planner.shortDay : planner.longDay, { weekday, day: at.getUTCDate(), month });
}

/** `14:00` of `2026-11-24T14:00`. */
export function timeOf(local: string): string {
  return local.slice(11, 16);
}

/** `02:30` for so many minutes after a time, past midnight too. */
export function timeAfter(local: string, minutes: number): string {
  return new Date(Date.parse(`${local.slice(0, 16)}Z`) + minutes * 60_000).toISOString().slice(11, 16);
}

export function stateText({ kind, shift, call, needed }: Cell, planner: PlannerWords): string {
  const covered = call > 0 ? planner.stateCoveredCall : planner.stateCovered;
  const text = {
    gap: planner.stateGap,
    call: planner.stateCall,
    short: planner.stateShort,
    covered,
    none: call > 0 ? planner.stateCall : planner.stateNone,
  }[kind];
  return fill(text, { shift, call, needed });
}

/** From one time to another, as one word that is not broken over two lines. */
export function rangeText(from: string, to: string): string {
  return `${from}\u2060–\u2060${to}`;
}

/** Hours with at most one digit behind the point. */
export function hoursText(minutes: number, planner: PlannerWords): string {
  return String(Math.round(minutes / 6) / 10).replace('.', planner.decimalPoint);
}
