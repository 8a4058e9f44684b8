/** What somebody in a session is called: the alias, or the role. */
import type { StaffWords } from '../../i18n/staff/en';
import type { SessionView } from '../../wire';

export function nameOf(view: SessionView, id: string, staff: StaffWords): string {
  const participant = view.participants.find((one) => one.id === id);
  return participant === undefined ? '' : (participant.alias ?? staff[participant.role]);
}
