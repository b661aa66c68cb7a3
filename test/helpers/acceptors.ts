/** Test helper: which of the workers that share a socket accepts a connection is the kernel's choice. Here it has none: the others are stopped. */

import type { Fleet } from "./fleet.js";
import { isStopped } from "./processes.js";

/** Far less than the 3 s after which a silent worker counts as hung, but on a machine that does other things. Milliseconds. */
const STOPS_WITHIN = 5000;

/** Does something with only one of the fleet's workers running, each of them in turn. @returns what came of it, in the order of the slots */
export async function withEachAlone<T>(fleet: Fleet, act: (slot: number) => Promise<T>): Promise<T[]> {
  const { workers } = await fleet.status();
  const results: T[] = [];
  for (const { slot } of workers) {
    const others = workers.filter((other) => other.slot !== slot).flatMap(({ pid }) => pid ?? []);
    results.push(await whileStopped(others, () => act(slot)));
  }
  return results;
}

/** Nothing of these processes runs meanwhile; afterwards they go on. */
export async function whileStopped<T>(pids: readonly number[], act: () => Promise<T>): Promise<T> {
  try {
    for (const pid of pids) process.kill(pid, "SIGSTOP");
    const deadline = Date.now() + STOPS_WITHIN;
    while (!pids.every(isStopped)) {
      if (Date.now() > deadline) throw new Error(`of ${pids.join(", ")} not all stop`);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    return await act();
  } finally {
    for (const pid of pids) process.kill(pid, "SIGCONT");
  }
}
