/** One session as this page lives it: the socket, the sound, and the latest view. */
import { Call } from '../media/call.svelte';
import type { ConsentKind, FloorAct, ParticipantMessage, Problem, RelayMessage, SessionView } from '../wire';
import { api } from './api';
import { type Captions, NONE, withDraft, withGap, withGist, withLine, withWritten, withoutDrafts } from './captions';
import { noteRelayMoment } from './clock.svelte';
import { isSilentFor } from './floor';
import { ApiError } from './http';
import { RelaySocket } from './socket.svelte';
import { afterView, isStopped, type Stop } from './stop';

export class LiveSession {
  view = $state.raw<SessionView>();
  captions = $state.raw<Captions>(NONE);
  /** The last refusal, until it is dismissed. */
  refusal = $state.raw<Problem>();
  /** Set when there is no use in coming back. */
  goodbye = $state.raw<Problem>();
  #stop = $state<Stop>('none');
  /** A break that was asked for here and is not in force yet: it holds from the touch on. */
  #pausing = $state(false);
  readonly call: Call;
  readonly socket: RelaySocket<ParticipantMessage, RelayMessage>;

  constructor(id: string) {
    this.call = new Call((message) => this.socket.send(message));
    this.socket = new RelaySocket(`/sessions/${id}/socket`, {
      opened: () => {
        // A stop that was touched while the connection was away goes first.
        if (this.#stop === 'asked') this.socket.send({ type: 'stop' });
        else if (this.#pausing) this.act({ do: 'pause' });
      },
      message: (message) => this.#received(message),
      turnedAway: (tries) => void this.#findOutWhy(id, tries),
    });
  }

  send(message: ParticipantMessage): void {
    this.refusal = undefined;
    this.socket.send(message);
  }

  /** Modes, channels, signs, breaks and turns. */
  act(act: FloorAct): void {
    this.send({ type: 'floor', act });
  }

  stateConsent(kind: ConsentKind, agreed: boolean): void {
    const means = this.view?.role === 'officer' ? 'noted_by_officer' : 'own_screen';
    this.send({ type: 'state_consent', kind, agreed, means });
  }

  /** Nobody is heard here, by our own touch or another's. */
  get stopped(): boolean {
    return isStopped(this.#stop, this.view);
  }

  /** A break in which we neither hear nor are heard, by our own touch or another's. */
  get paused(): boolean {
    return this.#pausing || (this.view !== undefined && isSilentFor(this.view));
  }

  /** Nothing is played here, and nothing leaves the microphone. */
  get silent(): boolean {
    return this.stopped || this.paused;
  }

  /** Asks for a break. The interviewee's holds here at this instant, as a stop does. */
  pause(): void {
    if (this.view?.role === 'interviewee') {
      this.#pausing = true;
      this.call.hold(true);
    }
    this.act({ do: 'pause' });
  }

  /** Stops everything: what is here at this instant, the rest as soon as the relay knows. */
  stop(): void {
    this.#stop = 'asked';
    this.call.hold(true);
    this.send({ type: 'stop' });
  }

  close(): void {
    this.socket.close();
    this.call.close();
  }

  #received(message: RelayMessage): void {
    switch (message.type) {
      case 'session':
        this.view = message.view;
        // What is said after a stop is not written, and what was half written then is not shown.
        if (!message.view.transcribing) this.captions = withoutDrafts(this.captions);
        this.#stop = afterView(this.#stop, message.view);
        if (message.view.phase !== 'live') this.#pausing = false;
        this.call.hold(this.silent);
        this.call.coughKnown(message.view.interpreting.coughing.includes(message.view.you));
        noteRelayMoment(message.view.interpreting.now);
        if (message.view.phase === 'sealed' || message.view.phase === 'abandoned') this.call.close();
        break;
      case 'ice_servers':
        void this.call.socketOpened(message.servers);
        break;
      case 'sdp_answer':
        void this.call.answered(message.sdp);
        break;
      case 'slots':
        this.call.slotsChanged(message.slots);
        break;
      case 'caption':
        this.captions = withLine(this.captions, message.line);
        break;
      case 'draft':
        this.captions = withDraft(this.captions, message.draft);
        break;
      case 'gap':
        this.captions = withGap(this.captions, message.gap);
        break;
      case 'gist':
        this.captions = withGist(this.captions, message.gist);
        break;
      case 'written':
        this.captions = withWritten(this.captions, message.entries, message.gists);
        break;
      case 'refused':
        if (message.problem.code.startsWith('sdp_')) this.call.refused();
        if (this.#pausing) {
          this.#pausing = false;
          this.call.hold(this.silent);
        }
        this.refusal = message.problem;
        break;
      case 'goodbye':
        // With `reconnect` the relay only restarts: the socket comes back by itself.
        if (!message.reconnect) this.#leave(message.problem);
        break;
    }
  }

  #leave(problem: Problem): void {
    this.goodbye = problem;
    this.close();
  }

  /** A browser does not say why a socket did not open; the other calls do. */
  async #findOutWhy(id: string, tries: number): Promise<void> {
    const admitted = await Promise.all([
      answerOf(api.me().then(() => true)),
      answerOf(api.participant().then((joined) => joined.session === id)),
    ]);
    if (admitted.includes('unreachable')) return;
    const nobody = admitted[0] === 'refused' && admitted[1] !== true;
    // Somebody known who is turned away again and again asks for a session that is over, or another's.
    if (nobody || tries >= 3) this.#leave({ code: 'no_such_session', message: 'this session is over, or not yours' });
  }
}

async function answerOf(question: Promise<boolean>): Promise<boolean | 'refused' | 'unreachable'> {
  try {
    return await question;
  } catch (error) {
    const refused = error instanceof ApiError && (error.status === 401 || error.status === 404);
    return refused ? 'refused' : 'unreachable';
  }
}
