/** The words on the screens: one language at a time, chosen by the person or by what is known of them. */
import { isRightToLeft, isStaffLanguage, screenFor, type GuestLanguage, type StaffLanguage } from './screens';
import { en as guestEn, type GuestWords } from './guest/en';
import { sq as guestSq } from './guest/sq';
import { sr as guestSr } from './guest/sr';
import { ar as guestAr } from './guest/ar';
import { fa as guestFa } from './guest/fa';
import { fr as guestFr } from './guest/fr';
import { en as staffEn, type StaffWords } from './staff/en';
import { sq as staffSq } from './staff/sq';
import { sr as staffSr } from './staff/sr';

export const GUEST: Record<GuestLanguage, GuestWords> = {
  en: guestEn,
  sq: guestSq,
  sr: guestSr,
  ar: guestAr,
  fa: guestFa,
  fr: guestFr,
};
export const STAFF: Record<StaffLanguage, StaffWords> = { en: staffEn, sq: staffSq, sr: staffSr };

/** A language is no secret; it is kept for this tab only, so that a reload greets in the same one. */
const KEPT_AS = 'screen-language';

class Words {
  #language = $state<GuestLanguage>(screenFor(sessionStorage.getItem(KEPT_AS) ?? navigator.language));
  #chosen = sessionStorage.getItem(KEPT_AS) !== null;

  get language(): GuestLanguage {
    return this.#language;
  }

  /** Staff screens are in fewer languages. */
  get staffLanguage(): StaffLanguage {
    return isStaffLanguage(this.#language) ? this.#language : 'en';
  }

  get guest(): GuestWords {
    return GUEST[this.#language];
  }

  get staff(): StaffWords {
    return STAFF[this.staffLanguage];
  }

  /** The person chose; nothing overrides that. */
  choose(language: GuestLanguage): void {
    this.#language = language;
    this.#chosen = true;
    sessionStorage.setItem(KEPT_AS, language);
  }

  /** What an account or a link says about the person; their own choice goes first. */
  suggest(tag: string): void {
    if (!this.#chosen) this.#language = screenFor(tag);
  }

  /** A link says who holds the page now: what was chosen before was somebody else's choice. */
  greet(tag: string): void {
    this.#language = screenFor(tag);
    this.#chosen = false;
    sessionStorage.removeItem(KEPT_AS);
  }

  direction(staff: boolean): 'ltr' | 'rtl' {
    return !staff && isRightToLeft(this.#language) ? 'rtl' : 'ltr';
  }
}

export const words = new Words();

export { fill } from '../lib/fill';
