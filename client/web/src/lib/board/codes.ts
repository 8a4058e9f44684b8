/** Codes of agencies and countries as a form takes them; the relay checks by the same rules. */

/** As it is kept: upper case and without space around. */
export function asCode(typed: string): string {
  return typed.trim().toUpperCase();
}

export function isAgency(code: string): boolean {
  return /^[A-Z0-9][A-Z0-9-]{1,23}$/.test(code);
}

export function isCountry(code: string): boolean {
  return /^[A-Z]{2}$/.test(code);
}

/** The name of a country on a screen; the code where the browser knows none. */
export function countryName(code: string, locale: string): string {
  try {
    return new Intl.DisplayNames([locale, 'en'], { type: 'region', fallback: 'code' }).of(code) ?? code;
  } catch {
    return code;
  }
}
