/** Test helper: how many strays a fleet met, by the counters of its workers. */

import type { WorkerSnapshot } from "../../src/protocol/messages.js";
import type { Fleet } from "./fleet.js";

type Counter =
  | "requestsForwarded"
  | "upgradesPassed"
  | "upgradesTunnelled"
  | "straysServed"
  | "requestsForwardedToHosts"
  | "upgradesTunnelledToHosts"
  | "connectionsMoved"
  | "proxyHeadersRefused";

/** The sum over all workers; each tells it once a second. */
export async function countStrays(fleet: Fleet, counter: Counter): Promise<number> {
  const { workers } = await fleet.status();
  return workers.reduce(
    (sum, { snapshot }) => sum + ((snapshot as WorkerSnapshot | null)?.[counter] ?? 0),
    0,
  );
}

/** Waits until the workers told of more than `before`. @throws when they do not in time: nothing went astray */
export async function moreStrays(fleet: Fleet, counter: Counter, before: number): Promise<void> {
  await fleet.until(
    `more than ${before} ${counter}`,
    async () => (await countStrays(fleet, counter)) > before,
  );
}

/** How many strays the worker of this slot has served as their owner. */
export async function straysServedBy(fleet: Fleet, slot: number): Promise<number> {
  return (await fleet.status()).workers[slot]?.snapshot?.straysServed ?? 0;
}
