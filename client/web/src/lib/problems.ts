/** What went wrong, in the language of the screen; the relay's own English where no translation is known. */
import type { GuestWords } from '../i18n/guest/en';
import type { StaffWords } from '../i18n/staff/en';
import type { Problem } from '../wire';

export function staffProblem(problem: Problem, staff: StaffWords): string {
  const key = `problem_${problem.code}`;
  return key in staff ? staff[key as keyof StaffWords] : problem.message;
}

/** The same, to a mediator about themselves, where it reads otherwise than to a coordinator about somebody. */
export function ownProblem(problem: Problem, staff: StaffWords): string {
  const key = `own_${problem.code}`;
  return key in staff ? staff[key as keyof StaffWords] : staffProblem(problem, staff);
}

/** Guests read what it means for them, never a relay's sentence. */
export function guestProblem(problem: Problem, guest: GuestWords): string {
  switch (problem.code) {
    case 'link_used':
      return guest.linkUsed;
    case 'link_expired':
      return guest.linkExpired;
    case 'link_unknown':
      return guest.linkUnknown;
    case 'unreachable':
      return guest.unreachable;
    default:
      return guest.failed;
  }
}
