/** An account's home, kept up to date by the relay. */
import type { DeskMessage, DeskRelayMessage, DeskView, Problem } from '../wire';
import { api } from './api';
import { ApiError } from './http';
import { RelaySocket } from './socket.svelte';

export interface DeskEvents {
  /** An offer was accepted: open that session. */
  assigned: (session: string) => void;
  /** The login ran out. */
  signedOut: () => void;
}

export class Desk {
  view = $state.raw<DeskView>();
  refusal = $state.raw<Problem>();
  readonly socket: RelaySocket<DeskMessage, DeskRelayMessage>;

  constructor(events: DeskEvents) {
    this.socket = new RelaySocket('/desk', {
      message: (message) => {
        if (message.type === 'desk') this.view = message.view;
        if (message.type === 'assigned') events.assigned(message.session);
        if (message.type === 'refused') this.refusal = message.problem;
        if (message.type === 'goodbye' && !message.reconnect) {
          this.close();
          events.signedOut();
        }
      },
      turnedAway: () => {
        api.me().catch((error: unknown) => {
          if (error instanceof ApiError && error.status === 401) events.signedOut();
        });
      },
    });
  }

  send(message: DeskMessage): void {
    this.refusal = undefined;
    this.socket.send(message);
  }

  close(): void {
    this.socket.close();
  }
}
