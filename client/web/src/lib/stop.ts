/** A stop that somebody touched holds here at once, and goes on holding until the relay has confirmed it and it is undone. */
import type { SessionView } from '../wire';

export type Stop = 'none' | 'asked' | 'confirmed';

function agreed(view: SessionView): boolean {
  return view.consents.some((consent) => consent.kind === 'interpreting' && consent.agreed);
}

/**
 * What a view makes of a stop. The relay takes the agreement back when it stops, so a view that still has it was sent
 * before; once it was gone, an agreement is a new one.
 */
export function afterView(stop: Stop, view: SessionView): Stop {
  if (stop === 'asked') return agreed(view) ? 'asked' : 'confirmed';
  return stop === 'confirmed' && !agreed(view) ? 'confirmed' : 'none';
}

/** Whether nobody may be heard here. */
export function isStopped(stop: Stop, view: SessionView | undefined): boolean {
  return stop !== 'none' || view?.phase === 'stopped';
}
