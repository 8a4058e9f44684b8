// A network between the browsers and the relay's UDP port, which can be cut, and give everybody another address. The
// relay sees each browser come from a port of its own here.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

export class Passage {
  #gate = createSocket('udp4');
  #relay;
  /** Towards the relay, by the browser's address. */
  #outer = new Map();
  #cut = false;

  /** Opens `from` (address, port) for what is meant for `to`. */
  static async open(from, to) {
    const passage = new Passage();
    passage.#relay = to;
    passage.#gate.bind(from.port, from.address);
    await once(passage.#gate, 'listening');
    passage.#gate.on('message', (datagram, browser) => {
      if (!passage.#cut) passage.#towardsRelay(browser).send(datagram, to.port, to.address);
    });
    return passage;
  }

  /** Nothing passes any more, or everything again. */
  cut(cut) {
    this.#cut = cut;
  }

  /** From now on everybody comes from another address; what is still sent to the former one is lost. */
  move() {
    for (const socket of this.#outer.values()) socket.close();
    this.#outer.clear();
  }

  close() {
    this.move();
    this.#gate.close();
  }

  #towardsRelay(browser) {
    const key = `${browser.address}:${browser.port}`;
    const known = this.#outer.get(key);
    if (known !== undefined) return known;
    const socket = createSocket('udp4');
    socket.on('message', (datagram) => {
      if (!this.#cut) this.#gate.send(datagram, browser.port, browser.address);
    });
    this.#outer.set(key, socket);
    return socket;
  }
}
