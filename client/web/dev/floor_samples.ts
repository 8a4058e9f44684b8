/** How it is interpreted, as a relay would say it. */
import type { InterpretingView, TurnView } from '../src/wire';

/** Nothing goes on: one after the other, and all hear all. */
export const QUIET: InterpretingView = {
  mode: 'consecutive',
  channels: ['sq', 'en'],
  speaks_into: null,
  may_speak_into: [],
  listens_to: null,
  hears: [],
  aside: null,
  may_speak_aside_with: [],
  coughing: [],
  signals: [],
  pause: null,
  turns: [],
  now: 0,
};

export const turn = (more: Partial<TurnView> = {}): TurnView => ({
  place: 0,
  on_turn: null,
  since: null,
  too_long: false,
  relief_wanted: false,
  relief: null,
  relief_ready: false,
  switches_at: null,
  ...more,
});
