/** Bridge: looks at who stands in Redis, and remembers who was seen to live. */

import { performance } from "node:perf_hooks";
import { forgive, livingIn, newPresence, observe, type Presence, staleIn, without } from "./presence.js";
import { fieldsOf, type HostRecord } from "./record.js";
import type { Scripts } from "./scripts.js";

export class Lookout {
  readonly #scripts: Scripts;
  #presence: Presence;
  #lookedAt: number | undefined;
  /** Those whose beat was seen to change. */
  readonly alive = new Set<number>();

  constructor(scripts: Scripts, lease: number, beatEvery: number) {
    this.#scripts = scripts;
    this.#presence = newPresence(lease, beatEvery);
  }

  get living(): ReadonlyMap<number, HostRecord> {
    return livingIn(this.#presence);
  }

  get presence(): Presence {
    return this.#presence;
  }

  async look(): Promise<{ fields: Map<number, string>; stale: Map<number, string> }> {
    const fields = fieldsOf((await this.#scripts.look()).hosts);
    this.saw(fields);
    return { fields, stale: staleIn(this.#presence) };
  }

  /** What another command has read. */
  saw(fields: ReadonlyMap<number, string>, now = performance.now()): void {
    const before = livingIn(this.#presence);
    this.#presence = observe(this.#presence, fields, now - (this.#lookedAt ?? now));
    this.#lookedAt = now;
    for (const [host, { beat }] of livingIn(this.#presence)) {
      const known = before.get(host);
      if (known !== undefined && known.beat !== beat) this.alive.add(host);
    }
  }

  /** The connection was away. */
  forgive(): void {
    this.#presence = forgive(this.#presence);
  }

  left(host: number): void {
    this.#presence = without(this.#presence, host);
  }
}
