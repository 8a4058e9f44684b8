/** A WebSocket that comes back by itself until it is closed on purpose or told that there is no use in coming back. */
import { Backoff } from './backoff';

export interface SocketEvents<Incoming> {
  /** Connected, for the first time or again. */
  opened?: () => void;
  message: (message: Incoming) => void;
  /** Closed before it opened, this many times in a row: the relay is away, or does not let us in. */
  turnedAway?: (tries: number) => void;
}

/** Longer than any pause of a healthy relay would be while a connection is being made. */
const CONNECT_TIMEOUT = 5000;

export class RelaySocket<Outgoing, Incoming> {
  /** Open now. */
  open = $state(false);
  /** Was open before, and is being restored. */
  reconnecting = $state(false);

  readonly #path: string;
  readonly #events: SocketEvents<Incoming>;
  readonly #backoff = new Backoff();
  #socket: WebSocket | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;
  #turnedAway = 0;
  readonly #online = () => this.reconnectNow();

  constructor(path: string, events: SocketEvents<Incoming>) {
    this.#path = path;
    this.#events = events;
    addEventListener('online', this.#online);
    this.#connect();
  }

  /** Sends, if connected; views are whole, so nothing is kept for later. Says whether it went out. */
  send(message: Outgoing): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  /** Gives the present connection up, if any, and makes a new one. */
  reconnectNow(): void {
    if (this.#closed) return;
    this.#backoff.reset();
    this.#drop();
    this.#connect();
  }

  close(): void {
    this.#closed = true;
    this.open = false;
    this.reconnecting = false;
    removeEventListener('online', this.#online);
    this.#drop();
  }

  #drop(): void {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
    this.open = false;
  }

  #connect(): void {
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    const socket = new WebSocket(`${scheme}://${location.host}/api/v1${this.#path}`);
    this.#socket = socket;
    // A network that swallows packets gives no error for minutes: do not wait for it.
    this.#timer = setTimeout(() => socket.close(), CONNECT_TIMEOUT);
    socket.onopen = () => {
      if (socket !== this.#socket) return;
      clearTimeout(this.#timer);
      this.#backoff.reset();
      this.#turnedAway = 0;
      this.open = true;
      this.reconnecting = false;
      this.#events.opened?.();
    };
    socket.onmessage = (event) => {
      if (socket === this.#socket) this.#events.message(JSON.parse(String(event.data)) as Incoming);
    };
    socket.onclose = () => {
      if (socket !== this.#socket) return;
      clearTimeout(this.#timer);
      if (!this.open) this.#events.turnedAway?.((this.#turnedAway += 1));
      this.open = false;
      if (this.#closed) return;
      this.reconnecting = true;
      this.#timer = setTimeout(() => this.#connect(), this.#backoff.next());
    };
  }
}
