/** Bus benchmark: stops, wakes and kills workers of the servers under test, and nobody else. */

import { setTimeout as sleep } from "node:timers/promises";
import { isStopped, pidsOf } from "../../servers/process-tree.js";
import type { Servers } from "../../servers/variant.js";

/** @throws when the process is none of these servers */
export function signalWorker({ roots }: Servers, worker: number, signal: "SIGCONT" | "SIGKILL"): void {
  if (!pidsOf(roots).includes(worker)) throw new Error(`process ${worker} is no worker of these servers`);
  process.kill(worker, signal);
}

/** Settles when the worker runs no more instruction. */
export async function stopWorker({ roots }: Servers, worker: number): Promise<void> {
  if (!pidsOf(roots).includes(worker)) throw new Error(`process ${worker} is no worker of these servers`);
  process.kill(worker, "SIGSTOP");
  while (!isStopped(worker)) await sleep(1);
}
