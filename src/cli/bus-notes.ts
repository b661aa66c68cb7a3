/** CLI: what there is to say about the bus in `holdfast status`. Pure. */

import type { BusSnapshot } from "../protocol/messages.js";
import type { WorkerStatus } from "../protocol/status.js";
import { formatBytes } from "./table.js";

/** Less than this that waits is traffic. Bytes. */
const WORTH_A_WORD = 1_000_000;

/** One line for each worker whose bus is in trouble, or was; none where all is well. */
export function busNotes(workers: readonly WorkerStatus[]): string[] {
  return workers.flatMap(({ slot, snapshot }) => {
    // A primary of an earlier version does not tell.
    const words = snapshot?.bus === undefined ? [] : wordsOf(snapshot.bus);
    return words.length === 0 ? [] : [`bus of slot ${slot}: ${words.join(" · ")}`];
  });
}

function wordsOf(bus: BusSnapshot): string[] {
  const slots = bus.hung.filter((peer) => typeof peer === "number");
  const hung = [...new Set(slots)].sort((a, b) => a - b).join(", ");
  const waiting = bus.queuedBytes >= WORTH_A_WORD;
  return [
    ...(hung === "" ? [] : [`slot ${hung} hung`]),
    ...(bus.hung.includes("bridge") ? ["bridge hung"] : []),
    ...(waiting ? [`${formatBytes(bus.queuedBytes)} wait for peers`] : []),
    ...count(bus.droppedVolatile, "volatile dropped"),
    ...count(bus.droppedOverflow, "dropped for slow peers"),
    ...count(bus.droppedTooLarge, "too large"),
    ...count(bus.lost, "from peers lost"),
    ...count(bus.malformed, "malformed"),
  ];
}

function count(number: number, what: string): string[] {
  return number > 0 ? [`${number} ${what}`] : [];
}
