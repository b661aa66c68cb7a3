/**
 * Bus, in a worker and in the bridge: which workers only wait to take over from an older one of their slot (while they do, all that goes to
 * the slot goes to the older one), and which give their sessions away or close them, so that links that are to last should not be theirs.
 */

import type { Bus, Peer } from "./bus.js";

const CHANNEL = "slots";
const SERVING = Buffer.from("serving");
const LEAVING = Buffer.from("leaving");

type Watched = Pick<Bus, "publish" | "send" | "subscribe">;

export class Standby {
  readonly #bus: Watched;
  /** Peers that waited when they came, and serve by now. */
  readonly #serving = new Set<string>();
  readonly #leaving = new Set<string>();
  readonly #wasWaiting: boolean;
  #self: boolean;
  #leaves = false;

  /** @param self whether this worker waits @param served called when a peer that waited serves */
  constructor(bus: Watched, self: boolean, served: (peer: Peer) => void) {
    this.#bus = bus;
    this.#self = self;
    this.#wasWaiting = self;
    bus.subscribe(CHANNEL, {
      message: (from, payload) => {
        if (payload.equals(LEAVING)) this.#leaving.add(from.key);
        else if (!this.#leaving.delete(from.key)) {
          this.#serving.add(from.key);
          served(from);
        }
      },
      // It may have been told of this worker what was true before.
      peerUp: (peer) => {
        if (this.#wasWaiting && !this.#self) bus.send([peer], CHANNEL, SERVING);
        if (this.#leaves) bus.send([peer], CHANNEL, LEAVING);
      },
      peerDown: ({ key }) => {
        this.#serving.delete(key);
        this.#leaving.delete(key);
      },
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

  /** Whether a peer said that it gives its sessions away, or closes them. It serves those that it has. */
  leaves({ key }: Peer): boolean {
    return this.#leaving.has(key);
  }

  /** This worker gives its sessions away, or closes them. */
  leave(): void {
    if (this.#leaves) return;
    this.#leaves = true;
    this.#bus.publish(CHANNEL, LEAVING);
  }

  /** It keeps them after all. */
  stay(): void {
    if (!this.#leaves) return;
    this.#leaves = false;
    this.#bus.publish(CHANNEL, SERVING);
  }
}
