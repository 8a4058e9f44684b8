/** This device while no page is open, for whoever is signed in: call it as a component starts. */
import { words } from '../i18n/index.svelte';
import { account } from '../lib/account.svelte';
import { AwayRing, type AwayState } from '../lib/away_ring.svelte';

export interface Away {
  readonly state: AwayState;
  switchTo: (on: boolean) => void;
  /** Whoever signs out here leaves no device behind that rings for them. */
  signOut: () => void;
}

export function keepAway(): Away {
  const ring = new AwayRing();
  $effect(() => void ring.speak(words.staffLanguage));
  return {
    get state() {
      return ring.state;
    },
    switchTo: (on) => void (on ? ring.switchOn() : ring.switchOff()),
    signOut: () => void ring.switchOff().then(() => account.signOut()),
  };
}
