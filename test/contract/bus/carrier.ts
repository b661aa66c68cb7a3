/** Contract: what a carrier brings to the suite: workers that join, and faults that are injected for real. */

import type { Bus } from "../../../src/bus/bus.js";
import type { BusCounters } from "../../../src/bus/counters.js";

export type CountedBus = Bus & { readonly counters: BusCounters };

export type CarrierOptions = {
  /** Bytes that may wait for one peer; default: the carrier's own. */
  readonly queueLimit?: number;
  /** Milliseconds of silence after which a peer is hung; default: the carrier's own. */
  readonly hungAfter?: number;
};

/** One carrier with the workers of one test. */
export type Carrier = {
  /** Bytes to one peer that left the queue and have not arrived, at most: what kernels and relays between the two hold. */
  readonly underWay: number;
  /**
   * A new worker of this slot, linked to all that live. Each slot is given once.
   * @param subscribe gets the bus before it is linked to anybody
   */
  join(slot: number, subscribe: (bus: CountedBus) => void): Promise<void>;
  /** As if its process were stopped: it reads nothing, and nothing that it says gets out, until {@link Carrier.resume}. */
  stall(bus: Bus): void;
  /** Nothing where it was not stalled. */
  resume(bus: Bus): void;
  /** Breaks the link between two that live and leaves them to find each other again. What is on it is lost. */
  cut(one: Bus, other: Bus): void;
  /** As if its process were killed: nothing more is said, and what was on its links is lost. */
  kill(bus: Bus): void;
  /** Ends whatever the test left. */
  close(): Promise<void>;
};

export type OpenCarrier = (options: CarrierOptions) => Promise<Carrier>;
