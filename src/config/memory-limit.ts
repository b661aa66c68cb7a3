/** Config: how much memory a container may use, and what of it is each worker's heap. */

import { totalmem } from "node:os";
import { posix } from "node:path";
import { ownGroups, type ReadText, readText } from "./control-groups.js";

const MIB = 2 ** 20;

/** Kept for the primary, which was measured at 62; a configuration file in TypeScript adds its compiler. MiB. */
const PRIMARY = 96;
/** Of a worker's share, what is its heap. The rest holds code, stacks, young objects, and the buffers of its connections. */
const HEAP_SHARE = 0.75;
/** With a smaller heap an app with Socket.IO does not get through its start. MiB. */
const SMALLEST_HEAP = 64;

/** @returns bytes, or undefined where the machine is the only limit */
export function memoryLimit(total = totalmem(), read: ReadText = readText): number | undefined {
  const limits = ownGroups("memory", read).map(({ version, folder }) => {
    const file = version === 2 ? "memory.max" : "memory.limit_in_bytes";
    // "max" is no number; version 1 says "none" by a number larger than any machine.
    return Number.parseInt(read(posix.join(folder, file)) ?? "", 10);
  });
  const limit = Math.min(...limits.filter((bytes) => bytes > 0));
  return limit < total ? limit : undefined;
}

export type HeapPlan = {
  /** `--max-old-space-size` for each worker, in MiB; undefined: what Node chooses by itself is not more than a worker's share. */
  readonly heap: number | undefined;
  /** Fewer workers than there are would have room; undefined: all have. */
  readonly room: number | undefined;
};

/** @param limit bytes @param ownHeap what Node gives a heap by itself, in bytes */
export function planHeap(limit: number, workers: number, ownHeap: number): HeapPlan {
  const most = (limit / MIB - PRIMARY) * HEAP_SHARE;
  const share = Math.floor(most / workers);
  if (share < SMALLEST_HEAP) {
    return { heap: SMALLEST_HEAP, room: Math.max(0, Math.floor(most / SMALLEST_HEAP)) };
  }
  return { heap: share < ownHeap / MIB ? share : undefined, room: undefined };
}

/** The user has decided. V8 takes hyphens and underscores alike. */
export function setsHeap(nodeArguments: readonly string[]): boolean {
  return nodeArguments.some((argument) =>
    /^--max[-_]old[-_]space[-_]size(?:[-_]percentage)?(?:=|$)/.test(argument),
  );
}
