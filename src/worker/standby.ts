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
  readonly #changed: () => void;
  #self: boolean;
  readonly #wasWaiting: boolean;

  /** @param self whether this worker waits @param changed called when a peer of it does no longer */
  constructor(bus: Watched, self: boolean, changed: () => void) {
    this.#bus = bus;
    this.#self = self;
    this.#wasWaiting = self;
    this.#changed = changed;
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

  #onServing({ key }: Peer): void {
    if (this.#waiting.delete(key)) this.#changed();
  }
}
