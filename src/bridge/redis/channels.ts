/**
 * Bridge, pure: the names of a site's keys and channels. Who does not know the secret does not find the channels. All of one sender's
 * have the same hash tag: in a cluster they are served by one server, in the order in which they were published.
 */

import { createHash, createHmac } from "node:crypto";
import { EVERYBODY, type Target } from "./outbox.js";

export type Keys = { readonly hosts: string; readonly site: string };

export function keysOf(prefix: string): Keys {
  return { hosts: `{${prefix}}:hosts`, site: `{${prefix}}:site` };
}

export class Channels {
  readonly #begin: string;

  constructor(prefix: string, secret: string) {
    const key = createHmac("sha256", secret).update("channels").digest("hex").slice(0, 12);
    this.#begin = `${prefix}:${key}`;
  }

  /** On which all hosts hear of a new one. */
  get news(): string {
    return `{${this.#begin}}:news`;
  }

  of(from: number, to: Target): string {
    return `{${this.#begin}:${hostDigits(from)}}:${to === EVERYBODY ? "all" : hostDigits(to)}`;
  }
}

/** Says whether two secrets are the same without telling either. */
export function fingerprint(secret: string): string {
  return createHmac("sha256", secret).update("fingerprint").digest("hex").slice(0, 32);
}

/** As in the sids of that host. */
export function hostDigits(host: number): string {
  return host.toString(36).padStart(2, "0");
}

/** The number that a host likes best: the same after each start, and not that of its neighbour. */
export function preferredNumber(fleet: string, address: string, numbers: number): number {
  return createHash("sha256").update(`${fleet}\n${address}`).digest().readUInt32BE(0) % numbers;
}
