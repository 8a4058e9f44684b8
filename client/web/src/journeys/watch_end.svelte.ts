/** How a session ended: from its last view or, where we came too late for that, from the list of our sessions. */
import { api } from '../lib/api';
import { isOver } from '../lib/labels';
import type { LiveSession } from '../lib/session.svelte';
import type { Phase } from '../wire';

export interface End {
  /** Set once it is known that the session is over. */
  readonly phase: Phase | undefined;
  /** Whoever looks has no account: a guest whose link is used up. */
  readonly guest: boolean;
}

export function watchEnd(id: () => string, live: LiveSession): End {
  let looked = $state<Phase>();
  let guest = $state(false);
  const seen = $derived(live.view !== undefined && isOver(live.view.phase) ? live.view.phase : undefined);

  $effect(() => {
    if (live.goodbye === undefined || seen !== undefined) return;
    api.me().then(
      async (me) => {
        // Mediators have no list of sessions: for them it is simply over.
        if (me.role === 'mediator') return;
        const row = (await api.sessions()).find((session) => session.id === id());
        if (row !== undefined && isOver(row.phase)) looked = row.phase;
      },
      () => (guest = true),
    ).catch(() => undefined);
  });

  return {
    get phase() {
      return seen ?? looked;
    },
    get guest() {
      return guest;
    },
  };
}
