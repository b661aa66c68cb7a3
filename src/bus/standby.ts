/**
 * Bus, in a worker and in the bridge: which workers only wait to take over from an older one of their slot. While they do, all that goes to the slot goes to the
 * older one.
 */

import type { Bus, Peer } from "./bus.js";

const CHANNEL = "slots";
const SERVING = Buffer.from("serving");

type Watched = Pick<Bus, "publish" | "send" | "subscribe">;

export class Standby {
  readonly #bus: Watched;
  /** Peers that waited when they came, and serve by now. */
  readonly #serving = new Set<string>();
  readonly #wasWaiting: boolean;
  #self: boolean;

  /** @param self whether this worker waits @param served called when a peer that waited serves */
  constructor(bus: Watched, self: boolean, served: (peer: Peer) => void) {
    this.#bus = bus;
    this.#self = self;
    this.#wasWaiting = self;
    bus.subscribe(CHANNEL, {
      message: (from) => {
        this.#serving.add(from.key);
        served(from);
      },
      // It may have been told of this worker what was true before.
      peerUp: (peer) => {
        if (this.#wasWaiting && !this.#self) bus.send([peer], CHANNEL, SERVING);
      },
      peerDown: ({ key }) => this.#serving.delete(key),
    });
  }

  /** This worker waits. */
  get self(): boolean {
    return this.#self;
  }

  serves({ key, identity }: Peer): boolean {
    return identity.standby !== true || this.#serving.has(key);
  }

  /** This worker waits no longer. */
  end(): void {
    if (!this.#self) return;
    this.#self = false;
    this.#bus.publish(CHANNEL, SERVING);
  }
}
