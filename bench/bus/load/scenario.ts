/** Bus benchmark, client: for each cost, who joins what and who sends to whom. */

import { type CostName, LOADS, PAIRS_EACH } from "../workloads.js";
import type { BusClient, Station } from "./bus-client.js";
import { at } from "./list.js";
import type { Member } from "./member.js";
import { pairsOf } from "./pairs.js";
import { Sender, type SenderOptions } from "./sender.js";

/** Characters of the text in a broadcast. */
const SIZE = 100;
const ROOM = "room";
/** In a big room two speak, on two workers where there are two. */
const SPEAKERS = 2;

/** What one worker sends, and to whom. */
export type Flow = Pick<SenderOptions, "control" | "targets" | "audience">;

/** @returns the senders, once everybody is where it belongs */
export async function createSenders(
  cost: CostName,
  client: BusClient,
  answered?: (answer: unknown) => void,
): Promise<Sender[]> {
  const flows = await FLOWS[cost](client);
  const count = LOADS[cost].burst;
  const event = cost === "acks" ? "burst with acks" : "burst";
  return flows.map(
    (flow, sender) => new Sender({ ...flow, client, sender, count, size: SIZE, event, answered }),
  );
}

const FLOWS: Readonly<Record<CostName, (client: BusClient) => Promise<Flow[]>>> = {
  room: ({ stations }) => roomFlows(stations, SPEAKERS),
  acks: ({ stations }) => roomFlows(stations, 1),
  apart: async ({ stations }) =>
    Promise.all(stations.map((station, sender) => roomFlow([station], station, sender))),
  pairs: ({ stations }) => pairFlows(stations, meet),
  local: ({ stations }) => pairFlows(stations, stay),
  private: ({ stations }) => pairFlows(stations, write),
};

/** All members are in one room, to which one worker after another speaks. */
export function roomFlows(stations: readonly Station[], speakers: number): Promise<Flow[]> {
  const flows = Array.from({ length: speakers }, (_, sender) =>
    roomFlow(stations, at(stations, sender % stations.length), sender),
  );
  return Promise.all(flows);
}

/** The members of these stations are in one room, to which one of them speaks. */
async function roomFlow(stations: readonly Station[], { control }: Station, sender: number): Promise<Flow> {
  const members = stations.flatMap((station) => station.members);
  await Promise.all(members.map((member) => member.join(ROOM)));
  for (const { inbox } of members) inbox.expect(sender, 0, 1);
  return { control, targets: [ROOM], audience: members.length };
}

/** What a worker sends to, and who hears it. */
type Line = { readonly target: string; readonly hearers: readonly Member[] };
type NextMember = (place: number) => Member;

/** A room of two: one member where it is spoken, one elsewhere. */
async function meet(next: NextMember, from: number, to: number, pair: number): Promise<Line> {
  const target = `pair ${pair}`;
  const hearers = [next(from), next(to)];
  await Promise.all(hearers.map((member) => member.join(target)));
  return { target, hearers };
}

/** The same room, with both where it is spoken: nothing leaves the worker. */
function stay(next: NextMember, from: number, _to: number, pair: number): Promise<Line> {
  return meet(next, from, from, pair);
}

/** A private message to a session elsewhere. */
async function write(next: NextMember, _from: number, to: number): Promise<Line> {
  const hearer = next(to);
  return { target: await hearer.id(), hearers: [hearer] };
}

async function pairFlows(stations: readonly Station[], connect: typeof meet): Promise<Flow[]> {
  const left = stations.map(({ members }) => [...members]);
  const next: NextMember = (place) => at(at(left, place).splice(0, 1), 0);
  const pairs = pairsOf(PAIRS_EACH * stations.length, stations.length);
  const lines = await Promise.all(pairs.map(({ from, to }, pair) => connect(next, from, to, pair)));
  return stations.map(({ control }, sender) => {
    const own = lines.filter((_, pair) => pairs[pair]?.from === sender);
    return flowOf(sender, control, own);
  });
}

function flowOf(sender: number, control: Member, lines: readonly Line[]): Flow {
  for (const [place, { hearers }] of lines.entries()) {
    for (const { inbox } of hearers) inbox.expect(sender, place, lines.length);
  }
  return {
    control,
    targets: lines.map(({ target }) => target),
    audience: at(lines, 0).hearers.length,
  };
}
