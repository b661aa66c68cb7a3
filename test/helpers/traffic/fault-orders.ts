/** Test helper: the fault that a worker of test/fixtures/handoff carries out by itself, at the very place that a test names. */

import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export type Fault = {
  /**
   * `loading`, `listening`: a worker starts; `departed`: its app was told that a socket left; `recovered`: its app was told that a socket arrived.
   */
  readonly at: "loading" | "listening" | "departed" | "recovered";
  /** At which socket, from 1. */
  readonly nth?: number;
  readonly slot?: number;
  readonly signal?: NodeJS.Signals;
  /** The worker that is at that place, or the other one of its slot. */
  readonly victim?: "self" | "other";
};

type Order = { readonly id: number; readonly fault: Required<Fault> | null };

export class FaultOrders {
  readonly #file: string;
  #orders = 0;

  /** @param directory where nobody else writes */
  constructor(directory: string) {
    this.#file = join(directory, "faults.json");
  }

  /** For the environment of the app. */
  get env(): { readonly FAULT_FILE: string } {
    return { FAULT_FILE: this.#file };
  }

  /** What was ordered before and not carried out is off. */
  order(fault: Fault): void {
    const usual = { nth: 1, slot: 0, signal: "SIGKILL", victim: "self" } as const;
    const order: Order = { id: ++this.#orders, fault: { ...usual, ...fault } };
    // Sessions may arrive in this moment, and whoever is there reads it: never half of it.
    writeFileSync(`${this.#file}.new`, JSON.stringify(order));
    renameSync(`${this.#file}.new`, this.#file);
  }

  get carriedOut(): boolean {
    return (JSON.parse(readFileSync(this.#file, "utf8")) as Order).fault === null;
  }
}
