/** Worker: the numbers of the bus that status shows. Pure. */

import type { Peer } from "../bus/bus.js";
import type { BusCounters } from "../bus/counters.js";
import { BRIDGE_SLOT } from "../protocol/bridge-messages.js";
import type { BusSnapshot } from "../protocol/messages.js";

/** What the numbers are taken from; the mesh is one. */
export type BusSource = {
  readonly counters: BusCounters;
  readonly queuedBytes: number;
  hung(): readonly Peer[];
};

export function busSnapshot(bus: BusSource): BusSnapshot {
  const { sent, received, lost, dropped } = bus.counters;
  return {
    hung: bus.hung().map(({ identity }) => (identity.slot === BRIDGE_SLOT ? "bridge" : identity.slot)),
    queuedBytes: bus.queuedBytes,
    sent,
    received,
    droppedVolatile: dropped.volatile,
    droppedOverflow: dropped.overflow,
    droppedTooLarge: dropped.tooLarge,
    lost,
    malformed: dropped.malformed,
  };
}
