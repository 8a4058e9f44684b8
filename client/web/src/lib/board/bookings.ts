/** Bookings in the order in which a coordinator has to look at them. */
import type { BookingView } from '../../wire';
import { isAhead } from '../planned';

/** Ahead: those that need somebody first, then the nearest. Over: the latest first. */
export function inOrder(bookings: BookingView[]): { ahead: BookingView[]; over: BookingView[] } {
  return {
    ahead: bookings
      .filter(isAhead)
      .sort((a, b) => Number(b.escalated) - Number(a.escalated) || a.span.from - b.span.from),
    over: bookings.filter((booking) => !isAhead(booking)).sort((a, b) => b.span.from - a.span.from),
  };
}
