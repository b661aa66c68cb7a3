/** Bus, in a worker: the sentences that the mesh says about its peers, each once for what it is about. */

import { BRIDGE_SLOT } from "../protocol/bridge-messages.js";
import type { Peer } from "./bus.js";

export class MeshProblems {
  readonly #say: (sentence: string) => void;
  /** For each slot the worker whose malformed frames were reported: it is dialled again, and may go on with them. */
  readonly #malformed = new Map<number, string>();
  #tooLarge = false;

  constructor(say: (sentence: string) => void) {
    this.#say = say;
  }

  /** @param limit bytes */
  overflow({ identity }: Peer, limit: number): void {
    this.#say(
      `${whoIs(identity.slot)} has ${limit} bytes of the bus unread: messages to it are dropped until it reads again.`,
    );
  }

  /** @param after milliseconds */
  hung({ identity }: Peer, after: number): void {
    this.#say(
      `${whoIs(identity.slot)} has been silent for ${after / 1000} s: it is hung, and nobody waits for its answers until it speaks again.`,
    );
  }

  back({ identity }: Peer): void {
    this.#say(`${whoIs(identity.slot)}, which was hung, speaks again.`);
  }

  /** @param what as in "a frame of the unknown type 9" */
  malformed(slot: number, key: string, what: string): void {
    if (this.#malformed.get(slot) === key) return;
    this.#malformed.set(slot, key);
    this.#say(
      `${whoIs(slot)} sent ${what} on the bus: the link was closed and is dialled again. Further ones are counted only.`,
    );
  }

  /** Once for this process. */
  tooLarge(bytes: number, limit: number): void {
    if (this.#tooLarge) return;
    this.#tooLarge = true;
    this.#say(
      `A message of ${bytes} bytes did not go out to the other workers, because the bus takes at most ${limit}. Further ones are counted only.`,
    );
  }
}

/** As a sentence begins with it. */
export function whoIs(slot: number): string {
  return slot === BRIDGE_SLOT ? "The bridge" : `The worker of slot ${slot}`;
}
