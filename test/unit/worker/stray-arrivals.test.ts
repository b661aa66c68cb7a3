import { EventEmitter } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { beforeEach, describe, expect, it } from "vitest";
import { BRIDGE_SLOT } from "../../../src/protocol/bridge-messages.js";
import type { RequestHead } from "../../../src/protocol/messages.js";
import { sidPrefix } from "../../../src/routing/sid.js";
import { newRouterCounters } from "../../../src/worker/router-counters.js";
import { StrayArrivals, type StrayArrivalsOptions } from "../../../src/worker/stray-arrivals.js";

const HOST = 2;
const SELF = { host: HOST, slot: 1, incarnation: "w", generation: 1 };
let happened: string[];
let sessions: Set<string>;
let moved: Map<string, number>;
let living: Set<number>;
let arrivals: StrayArrivals;

beforeEach(() => {
  [happened, sessions, moved, living] = [[], new Set(), new Map(), new Set([0, 1, 2])];
  arrivals = new StrayArrivals({
    identity: SELF,
    counters: newRouterCounters(),
    board: { received: (from: number) => happened.push(`received from ${from}`) },
    adopted: {
      sessionOf: (sid: string) => (sessions.has(sid) ? {} : undefined),
      servingFor: () => ({ serveRequest: () => happened.push("served") }),
    },
    forwarder: { request: ({ key }: { key: string }) => happened.push(`to ${key}`) },
    departures: {
      slotOf: (sid: string) => moved.get(sid),
      mustWait: () => false,
      servedIfBack: (_head: unknown, serve: () => void) => serve,
    },
    ownerAddress: (slot: number) => (living.has(slot) ? { key: `${slot}`, path: "" } : undefined),
  } as unknown as StrayArrivalsOptions);
});

const sidOf = (slot: number, host = HOST): string => `${sidPrefix({ host, slot })}${"A".repeat(20)}`;

function bring(from: number, query: string): string[] {
  const head = { method: "GET", url: `/socket.io/?EIO=4&transport=polling${query}` } as RequestHead;
  const response = {
    writeHead: (status: number) => happened.push(`${status}`),
    end: () => {},
  } as unknown as ServerResponse;
  arrivals.request(from, head, { socket: new EventEmitter() } as IncomingMessage, response);
  return happened;
}

describe("what another host brings", () => {
  it("is served here where its session is", () => {
    sessions.add(sidOf(1));
    expect(bring(BRIDGE_SLOT, `&sid=${sidOf(1)}`)).toEqual(["served"]);
  });

  it("opens no session", () => {
    expect(bring(BRIDGE_SLOT, "")).toEqual(["400"]);
  });

  it("may not name two", () => {
    expect(bring(BRIDGE_SLOT, `&sid=${sidOf(1)}&sid=${sidOf(2)}`)).toEqual(["400"]);
  });

  it("goes on to the worker that the sid names, when the gateway's link is older than that worker", () => {
    expect(bring(BRIDGE_SLOT, `&sid=${sidOf(2)}`)).toEqual(["to 2"]);
  });

  it("goes on to the other worker of this slot", () => {
    expect(bring(BRIDGE_SLOT, `&sid=${sidOf(1)}`)).toEqual(["to 1"]);
  });

  it("goes on to the worker that took the session over from a slot that is gone", () => {
    moved.set(sidOf(7), 2);
    expect(bring(BRIDGE_SLOT, `&sid=${sidOf(7)}`)).toEqual(["to 2"]);
  });

  it.each([
    ["a slot that nobody has", sidOf(7)],
    ["a third host", sidOf(7, 5)],
  ])("is refused by this worker's engine where it names %s", (_what, sid) => {
    living.delete(1);
    expect(bring(BRIDGE_SLOT, `&sid=${sid}`)).toEqual(["served"]);
  });
});

it("what a worker of this host forwards may open a session, and is not sent on to the slot that it names", () => {
  expect(bring(0, "")).toEqual(["received from 0", "served"]);
  happened = [];
  living.delete(1);
  expect(bring(0, `&sid=${sidOf(2)}`)).toEqual(["served"]);
});
