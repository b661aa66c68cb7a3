/**
 * Worker: which workers only wait to take over from an older one of their slot. While they do, all that goes to the slot goes to the
 * older one.
 */

import type { Bus, Peer } from "../bus/bus.js";

const CHANNEL = "slots";
const SERVING = Buffer.from("serving");

type Watched = Pick<Bus, "publish" | "send" | "subscribe">;

export class Standby {
  readonly #bus: Watched;
  readonly #waiting = new Set<string>();
  readonly #served: (peer: Peer) => void;
  #self: boolean;
  readonly #wasWaiting: boolean;

  /** @param self whether this worker waits @param served called when a peer that waited serves */
  constructor(bus: Watched, self: boolean, served: (peer: Peer) => void) {
    this.#bus = bus;
    this.#self = self;
    this.#wasWaiting = self;
    this.#served = served;
    bus.subscribe(CHANNEL, {
      message: (from) => this.#onServing(from),
      peerUp: (peer) => {
        if (peer.identity.standby === true) this.#waiting.add(peer.key);
        // It may have been told of us what was true before.
        if (this.#wasWaiting && !this.#self) bus.send([peer], CHANNEL, SERVING);
      },
      peerDown: ({ key }) => this.#waiting.delete(key),
    });
  }

  /** This worker waits. */
  get self(): boolean {
    return this.#self;
  }

  serves({ key }: Peer): boolean {
    return !this.#waiting.has(key);
  }

  /** This worker waits no longer. */
  end(): void {
    if (!this.#self) return;
    this.#self = false;
    this.#bus.publish(CHANNEL, SERVING);
  }

  #onServing(peer: Peer): void {
    if (this.#waiting.delete(peer.key)) this.#served(peer);
  }
}
