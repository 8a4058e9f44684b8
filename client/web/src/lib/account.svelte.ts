/** Who is signed in here, if anybody. */
import type { Me } from '../wire';
import { words } from '../i18n/index.svelte';
import { api } from './api';
import { ApiError } from './http';

class Account {
  me = $state.raw<Me>();
  state = $state<'unknown' | 'in' | 'out' | 'unreachable'>('unknown');

  async load(): Promise<void> {
    try {
      this.signedIn(await api.me());
    } catch (error) {
      this.state = error instanceof ApiError && error.status === 401 ? 'out' : 'unreachable';
    }
  }

  signedIn(me: Me): void {
    this.me = me;
    this.state = 'in';
    words.suggest(me.language);
  }

  signedOut(): void {
    this.me = undefined;
    this.state = 'out';
  }

  async signOut(): Promise<void> {
    await api.logout().catch(() => undefined);
    this.signedOut();
  }
}

export const account = new Account();
