/** Bus benchmark: what the carriers themselves have counted in each worker. */

import { setTimeout as sleep } from "node:timers/promises";
import { holdfastStatus } from "../../servers/holdfast.js";
import type { Stage } from "../stage.js";

/** What is on its way arrives, and a worker of Holdfast tells its primary its numbers, once a second. Milliseconds. */
const SETTLING = 1_500;

/** Of one worker, since its start. Undefined is what the carrier does not count. */
export type BusCounts = {
  /** Messages from other workers. */
  readonly received: number | undefined;
  /** Messages from other workers that it was told it lost. */
  readonly lost: number | undefined;
};

type CountsOfWorker = (worker: number) => BusCounts;

const UNKNOWN: BusCounts = { received: undefined, lost: undefined };

/** @returns the counts by process id, as they are now */
export async function countsNow({ turn, client, directory }: Stage): Promise<CountsOfWorker> {
  await sleep(SETTLING);
  if (turn.variant === "holdfast") {
    const status = await holdfastStatus(directory);
    return (worker) => countsIn(status, worker);
  }
  if (turn.variant !== "sticky") return () => UNKNOWN;
  // The peers' adapter counts nothing: the app does, from the first time that it is asked.
  const received = new Map<number, number>();
  for (const { worker, control } of client.stations) received.set(worker, await control.ask("messages"));
  return (worker) => ({ received: received.get(worker), lost: undefined });
}

/** Finds the numbers of one worker in what `holdfast status --json` printed. Pure. */
export function countsIn(status: unknown, worker: number): BusCounts {
  const { workers } = status as {
    workers: readonly { pid: number | null; snapshot: { bus?: Partial<BusCounts> } | null }[];
  };
  const bus = workers.find(({ pid }) => pid === worker)?.snapshot?.bus;
  return { received: bus?.received, lost: bus?.lost };
}
