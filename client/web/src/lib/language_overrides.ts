/**
 * Names of languages that the CLDR tables lack, or fold into a neighbour, where here the difference is the point.
 * Everything else is in `language_names.json`.
 */

/** How speakers write the name of their language. */
export const OWN: Record<string, string> = {
  aln: 'gegnisht',
  als: 'toskërisht',
  cnr: 'crnogorski',
  rmn: 'romani čhib',
  rmy: 'romani čhib',
  apc: 'العربية الشامية',
  acm: 'العربية العراقية',
  arz: 'العربية المصرية',
  ary: 'الدارجة المغربية',
  arq: 'الدارجة الجزائرية',
  aeb: 'الدارجة التونسية',
  ayl: 'العربية الليبية',
  apd: 'العربية السودانية',
  haz: 'هزارگی',
  pnb: 'پنجابی',
  syl: 'ꠍꠤꠟꠐꠤ',
  rif: 'Tarifit',
  cmn: '普通话',
};

const en = {
  aln: 'Gheg Albanian',
  als: 'Tosk Albanian',
  cnr: 'Montenegrin',
  rmn: 'Romani (Balkan)',
  rmy: 'Romani (Vlax)',
  apc: 'Arabic (Levantine)',
  acm: 'Arabic (Iraqi)',
  arz: 'Arabic (Egyptian)',
  ary: 'Arabic (Moroccan)',
  arq: 'Arabic (Algerian)',
  aeb: 'Arabic (Tunisian)',
  ayl: 'Arabic (Libyan)',
  apd: 'Arabic (Sudanese)',
  haz: 'Hazaragi',
  kmr: 'Kurdish (Kurmanji)',
  ckb: 'Kurdish (Sorani)',
  pnb: 'Punjabi (Western)',
  syl: 'Sylheti',
  rif: 'Riffian',
  cmn: 'Chinese (Mandarin)',
};

const sq: Record<keyof typeof en, string> = {
  aln: 'shqip (gegnisht)',
  als: 'shqip (toskërisht)',
  cnr: 'malazezisht',
  rmn: 'romisht (ballkanike)',
  rmy: 'romisht (vllahe)',
  apc: 'arabisht (levantine)',
  acm: 'arabisht (irakiane)',
  arz: 'arabisht (egjiptiane)',
  ary: 'arabisht (marokene)',
  arq: 'arabisht (algjeriane)',
  aeb: 'arabisht (tuniziane)',
  ayl: 'arabisht (libiane)',
  apd: 'arabisht (sudaneze)',
  haz: 'hazaragisht',
  kmr: 'kurdisht (kurmanxhi)',
  ckb: 'kurdisht (sorani)',
  pnb: 'punxhabisht (perëndimore)',
  syl: 'silhetisht',
  rif: 'rifisht',
  cmn: 'kinezisht (mandarine)',
};

const sr: Record<keyof typeof en, string> = {
  aln: 'albanski (gegijski)',
  als: 'albanski (toskijski)',
  cnr: 'crnogorski',
  rmn: 'romski (balkanski)',
  rmy: 'romski (vlaški)',
  apc: 'arapski (levantski)',
  acm: 'arapski (irački)',
  arz: 'arapski (egipatski)',
  ary: 'arapski (marokanski)',
  arq: 'arapski (alžirski)',
  aeb: 'arapski (tuniski)',
  ayl: 'arapski (libijski)',
  apd: 'arapski (sudanski)',
  haz: 'hazaragi',
  kmr: 'kurdski (kurmandži)',
  ckb: 'kurdski (sorani)',
  pnb: 'pandžapski (zapadni)',
  syl: 'sileti',
  rif: 'rifski',
  cmn: 'kineski (mandarinski)',
};

/** By the language of the screen. Guests are told of neighbouring languages only, so theirs are few. */
export const NAMES: Record<string, Record<string, string>> = {
  en,
  sq,
  sr,
  ar: { cnr: 'لغة الجبل الأسود' },
  fa: { cnr: 'مونته‌نگرویی' },
  fr: { cnr: 'monténégrin' },
};
