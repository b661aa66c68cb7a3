/** Primary: the memory that the system grants to the whole fleet, and the part of each worker. */

import { getHeapStatistics } from "node:v8";
import { type HeapPlan, memoryLimit, planHeap, setsHeap } from "../config/memory-limit.js";
import type { FleetSettings } from "../config/settings.js";
import { splitArguments } from "../config/value-kinds.js";
import type { MemoryStatus } from "../protocol/status.js";
import type { LogEntry } from "./log.js";

/** Young objects have their own space, which V8 counts into the limit of its heap. Bytes. */
const YOUNG = 48 * 2 ** 20;

export class FleetMemory {
  /** Bytes; undefined: as much as the machine has. */
  readonly #limit: number | undefined;
  readonly #ownHeap: number;
  /** The user has said how large a heap is: that stands. */
  readonly #decided: boolean;

  constructor(
    { nodeArgs }: Pick<FleetSettings, "nodeArgs">,
    env: NodeJS.ProcessEnv,
    { limit, ownHeap }: { limit: number | undefined; ownHeap: number } = machine(),
  ) {
    this.#limit = limit;
    this.#ownHeap = ownHeap;
    this.#decided = setsHeap([...nodeArgs, ...(splitArguments(env.NODE_OPTIONS ?? "") ?? [])]);
  }

  /** Arguments for node in a worker of a fleet of so many. */
  nodeArgs(workers: number): string[] {
    const heap = this.#plan(workers)?.heap;
    return heap === undefined ? [] : [`--max-old-space-size=${heap}`];
  }

  status(workers: number): MemoryStatus | null {
    if (this.#limit === undefined) return null;
    return { limit: this.#limit, heap: this.#plan(workers)?.heap ?? null };
  }

  /** What is worth saying at the start. */
  announcement(workers: number): LogEntry | undefined {
    const plan = this.#plan(workers);
    if (this.#limit === undefined || plan?.heap === undefined) return undefined;
    const { heap, room } = plan;
    const limit = `memory limit ${Math.floor(this.#limit / 2 ** 20)} MiB`;
    const fields = { limit: this.#limit, heap, workers };
    if (room === undefined) {
      const each = workers === 1 ? "the worker gets" : `each of ${workers} workers gets`;
      const text = `${limit}: ${each} --max-old-space-size=${heap}`;
      return { level: "info", event: "memory-limit", text, fields };
    }
    const advice = room === 0 ? "raise it" : `raise it, or start with --workers ${room}`;
    const text = `${limit}: too little for ${workers} ${workers === 1 ? "worker" : "workers"} with --max-old-space-size=${heap} each; ${advice}`;
    return { level: "warn", event: "memory-limit", text, fields };
  }

  #plan(workers: number): HeapPlan | undefined {
    if (this.#limit === undefined || this.#decided) return undefined;
    return planHeap(this.#limit, workers, this.#ownHeap);
  }
}

/** What V8 chose for this process it would choose for a worker. */
function machine(): { limit: number | undefined; ownHeap: number } {
  return { limit: memoryLimit(), ownHeap: getHeapStatistics().heap_size_limit - YOUNG };
}
