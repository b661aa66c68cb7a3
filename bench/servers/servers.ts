/** Servers: children as the servers of one turn. */

import { Child, type ChildOptions, type Root } from "./child.js";
import type { Servers } from "./variant.js";

/** @param given where clients connect to, and how many processes run the app */
export function serversOf(given: Pick<Servers, "ports" | "workers">, children: readonly Root[]): Servers {
  return {
    ...given,
    roots: children.map(({ pid }) => pid),
    check: () => {
      const ended = children.find((child) => child.ended);
      if (ended !== undefined) throw new Error(`a server ended by itself:\n${ended.output}`);
    },
    stop: () => stopAll(children),
  };
}

/** @param front starts what stands before `backends` @throws when that fails; `backends` are stopped then */
export async function behind(
  front: () => Promise<Root>,
  backends: readonly Root[],
  given: Pick<Servers, "ports" | "workers">,
): Promise<Servers> {
  try {
    return serversOf(given, [await front(), ...backends]);
  } catch (error) {
    await stopAll(backends);
    throw error;
  }
}

/** @throws when one does not start; the others are stopped then */
export async function startAll(list: readonly ChildOptions[]): Promise<Child[]> {
  const results = await Promise.allSettled(list.map((options) => Child.start(options)));
  const started = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const failed = results.find((result) => result.status === "rejected");
  if (failed === undefined) return started;
  await stopAll(started);
  throw failed.reason;
}

async function stopAll(children: readonly Root[]): Promise<void> {
  await Promise.all(children.map((child) => child.stop()));
}
