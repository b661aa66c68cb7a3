/** Contract: the workers of one test, and their end. */

import { afterEach } from "vitest";
import type { Carrier, CarrierOptions, OpenCarrier } from "./carrier.js";
import { Recorder } from "./recorder.js";
import { stopWaiting, until } from "./until.js";

export class Rig {
  readonly #open: OpenCarrier;
  #carrier: Carrier | undefined;
  #joined: Recorder[] = [];

  constructor(open: OpenCarrier) {
    this.#open = open;
  }

  /** @throws before the first worker */
  get carrier(): Carrier {
    if (this.#carrier === undefined) throw new Error("No worker has joined yet.");
    return this.#carrier;
  }

  async pair(options: CarrierOptions = {}): Promise<[Recorder, Recorder]> {
    return (await this.fleet(2, options)) as [Recorder, Recorder];
  }

  async trio(options: CarrierOptions = {}): Promise<[Recorder, Recorder, Recorder]> {
    return (await this.fleet(3, options)) as [Recorder, Recorder, Recorder];
  }

  /** Workers of the slots 0, 1 and so on, each a peer of all others. What they heard until then is forgotten. */
  async fleet(size: number, options: CarrierOptions = {}): Promise<Recorder[]> {
    this.#carrier = await this.#open(options);
    const workers: Recorder[] = [];
    for (let slot = 0; slot < size; slot++) workers.push(await this.join());
    await until(() => workers.every(({ bus }) => bus.peers().length === size - 1));
    for (const { events } of workers) events.length = 0;
    return workers;
  }

  /** One more worker, of the next slot. Resolves as soon as the carrier says so, not once it has peers. */
  async join(): Promise<Recorder> {
    const slot = this.#joined.length;
    await this.carrier.join(slot, (bus) => this.#joined.push(new Recorder(bus)));
    return this.#joined[slot] as Recorder;
  }

  async close(): Promise<void> {
    stopWaiting();
    await this.#carrier?.close();
    this.#carrier = undefined;
    this.#joined = [];
  }
}

/** A rig that is cleared after each test of the describe block that it is called in. */
export function useRig(open: OpenCarrier): Rig {
  const rig = new Rig(open);
  afterEach(() => rig.close());
  return rig;
}
