/** In which languages the screens are, and which of them serves a speaker of another language best. */

export const GUEST_LANGUAGES = ['en', 'sq', 'sr', 'ar', 'fa', 'fr'] as const;
export const STAFF_LANGUAGES = ['en', 'sq', 'sr'] as const;

export type GuestLanguage = (typeof GUEST_LANGUAGES)[number];
export type StaffLanguage = (typeof STAFF_LANGUAGES)[number];

/** Written names, as their readers know them. */
export const SCREEN_NAMES: Record<GuestLanguage, string> = {
  en: 'English',
  sq: 'Shqip',
  sr: 'Srpski',
  ar: 'العربية',
  fa: 'فارسی',
  fr: 'Français',
};

/** Who reads what, where there is no screen in their own language. The picker is on every page all the same. */
const READS: Record<string, GuestLanguage> = {
  aln: 'sq',
  als: 'sq',
  bs: 'sr',
  hr: 'sr',
  cnr: 'sr',
  apc: 'ar',
  acm: 'ar',
  arz: 'ar',
  ary: 'ar',
  arq: 'ar',
  aeb: 'ar',
  ayl: 'ar',
  apd: 'ar',
  prs: 'fa',
  haz: 'fa',
  kab: 'fr',
  ln: 'fr',
  rn: 'fr',
};

/** The screen language for a BCP 47 tag. */
export function screenFor(tag: string): GuestLanguage {
  const base = tag.split('-')[0] ?? '';
  return GUEST_LANGUAGES.find((language) => language === base) ?? READS[base] ?? 'en';
}

export function isRightToLeft(language: GuestLanguage): boolean {
  return language === 'ar' || language === 'fa';
}

export function isStaffLanguage(language: string): language is StaffLanguage {
  return STAFF_LANGUAGES.some((known) => known === language);
}
