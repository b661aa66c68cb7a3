/** Handoff benchmark: one crowd through reloads, or changes of the number of workers, in a row. */

import { setTimeout as pause } from "node:timers/promises";
import { flawsOf, type Kind } from "../../test/helpers/traffic/report.js";
import { Traffic } from "../../test/helpers/traffic/traffic.js";
import { say } from "../command.js";
import { TestedFleet } from "./fleet.js";
import type { MeasuredCrowd, MeasuredReload } from "./results.js";

/** So many share a room: a message to a room is one to a group, however many clients there are. */
const ROOM = 20;

/** A reload, or the number of workers that there are to be. */
export type Change = "reload" | number;

export type CrowdPlan = {
  readonly workers: number;
  readonly clients: Readonly<Partial<Record<Kind, number>>>;
  readonly changes: readonly Change[];
  /** 0: nobody comes. */
  readonly newcomers: number;
  /** Milliseconds. */
  readonly every: number;
  readonly between: number;
};

/** @throws when the fleet or the crowd breaks down; a change that fails is a result */
export async function runCrowd(plan: CrowdPlan): Promise<MeasuredCrowd> {
  const { workers, clients, newcomers, every, between } = plan;
  const count = Object.values(clients).reduce((sum, some) => sum + some, 0);
  const rooms = Math.max(1, Math.ceil(count / ROOM));
  const pace = { TICK: `${every}`, BROADCAST: `${every}`, QUESTION: `${every}`, ROOMS: `${rooms}` };
  const fleet = await TestedFleet.start(workers, [], { ...pace, PING_INTERVAL: "5000" });
  let traffic: Traffic | undefined;
  try {
    traffic = await Traffic.arrive(fleet.url, { clients, rooms, every });
    say(`${count} clients are here, by slot: ${JSON.stringify(await traffic.slots())}`);
    await traffic.mark();
    if (newcomers > 0) await traffic.newcomers(newcomers);
    await pause(between);
    const { rtt } = await traffic.report();
    const reloads: MeasuredReload[] = [];
    for (const change of plan.changes) {
      reloads.push(await measure(change, fleet, traffic));
      await pause(between);
    }
    const report = await traffic.finish();
    return { clients: count, rtt, reloads, flaws: flawsOf(report), report };
  } finally {
    await traffic?.end();
    await fleet.stop();
  }
}

async function measure(what: Change, fleet: TestedFleet, traffic: Traffic): Promise<MeasuredReload> {
  await traffic.mark();
  const { failed, ms, said } = await (what === "reload" ? fleet.reload() : fleet.scale(what));
  say(failed ?? said);
  const { rtt } = await traffic.report();
  const change = (await fleet.status()).lastChange;
  const { moved, closed, stayed, longestPause, pauses } = change ?? NOTHING;
  return {
    ...(what !== "reload" && { workers: what }),
    ...(failed !== undefined && { failed }),
    ms,
    moved,
    closed,
    stayed,
    longestPause,
    ...(pauses && { pauses }),
    rtt,
  };
}

const NOTHING = { moved: 0, closed: 0, stayed: {}, longestPause: 0, pauses: undefined };
