/** Time zones by their IANA names. */

/** The zone in which this browser lives. */
export function ownZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** All that the browser knows, with these first if it does not know them. */
export function allZones(...more: string[]): string[] {
  return [...new Set([...Intl.supportedValuesOf('timeZone'), 'UTC', ...more])].sort();
}
