/** The parts of the board: what they are called in an address, and who sees which. */
import type { IconName } from '../../parts/Icon.svelte';
import type { BoardWords } from '../../i18n/board/en';

export const TABS = ['now', 'roster', 'calendar', 'coverage', 'bookings', 'reports', 'glossaries', 'sessions', 'accounts'] as const;
export type Tab = (typeof TABS)[number];

export interface TabShown {
  id: Tab;
  label: keyof BoardWords;
  icon: IconName;
}

const SHOWN: Record<Tab, TabShown> = {
  now: { id: 'now', label: 'tabNow', icon: 'now' },
  roster: { id: 'roster', label: 'tabRoster', icon: 'people' },
  calendar: { id: 'calendar', label: 'tabCalendar', icon: 'calendar' },
  coverage: { id: 'coverage', label: 'tabCoverage', icon: 'grid' },
  bookings: { id: 'bookings', label: 'tabBookings', icon: 'agreement' },
  reports: { id: 'reports', label: 'tabReports', icon: 'chart' },
  glossaries: { id: 'glossaries', label: 'tabGlossaries', icon: 'book' },
  sessions: { id: 'sessions', label: 'tabSessions', icon: 'archive' },
  accounts: { id: 'accounts', label: 'tabAccounts', icon: 'key' },
};

/** An administrator runs the relay and reads no records; a coordinator makes no accounts for staff. */
export function tabsFor(administrator: boolean): TabShown[] {
  const hidden: Tab = administrator ? 'sessions' : 'accounts';
  return TABS.filter((tab) => tab !== hidden).map((tab) => SHOWN[tab]);
}

/** The part that an address names, or the first. */
export function tabOf(named: string | undefined, administrator: boolean): Tab {
  return tabsFor(administrator).find((tab) => tab.id === named)?.id ?? 'now';
}
