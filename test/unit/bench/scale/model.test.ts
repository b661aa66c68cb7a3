/** The paper scale counts what it says: hosts with members as chance has it, messages as the bridges send them, the first limit. */

import { expect, it } from "vitest";
import type { Limits, Load, UnitCosts } from "../../../../bench/scale/figures.js";
import { scaleRow } from "../../../../bench/scale/model.js";
import { occupancyOf, roomsOn } from "../../../../bench/scale/occupancy.js";

const COSTS: UnitCosts = {
  redisDirect: 10,
  redisPublish: 8,
  redisDelivery: 1,
  redisKilobyteIn: 0,
  redisKilobyteOut: 0,
  redisBeat: 0,
  redisRecord: 0,
  bridgeOut: 20,
  bridgeIn: 5,
  room: 60,
};
const LIMITS: Limits = { core: 1, memory: 2 ** 30, network: 1e12, lease: 10_000 };
const EVERYBODY: Load = {
  name: "everybody",
  sessions: 1_000,
  roomsEach: 1,
  members: Number.POSITIVE_INFINITY,
  perSecond: 0.01,
  bytes: 100,
  stay: 600,
};

it("members are on as many other hosts as chance has it", () => {
  // One member: on one of the three others in three of four cases.
  expect(occupancyOf(4, 1)).toEqual({ others: 0.75, all: 0, none: 0.25 });
  // Two members, two others: all four ordered placements on both are 2 of 9.
  const two = occupancyOf(3, 2);
  expect(two.all).toBeCloseTo(2 / 9);
  expect(two.none).toBeCloseTo(1 / 9);
  expect(two.others).toBeCloseTo(2 * (1 - (2 / 3) ** 2));
  expect(occupancyOf(100, Number.POSITIVE_INFINITY)).toMatchObject({ all: 1, none: 0 });
  expect(roomsOn(1, 2, 100, 1)).toBe(50);
});

it("a room with members everywhere takes one message to all, and each other host gets it once", () => {
  const row = scaleRow({ hosts: 5, workers: 4 }, EVERYBODY, COSTS, LIMITS);
  expect(row).toMatchObject({ broadcasts: 50, redisIn: 50, redisOut: 200, newsIn: 0 });
  expect(row.redisCore).toBeCloseTo((50 * 8 + 200 * 1) / 1e6);
  expect(row.bridgeCore).toBeCloseTo((50 * 20 + 200 * 5) / 5 / 1e6);
  expect(row).toMatchObject({ meshLinks: 10, gatewayLinks: 32 });
});

it("a room with members on some hosts takes a message to each, and its first and last members are news for all", () => {
  const load = { ...EVERYBODY, members: 2, perSecond: 1 };
  const row = scaleRow({ hosts: 3, workers: 4 }, load, COSTS, LIMITS);
  const { others, all } = occupancyOf(3, 2);
  const news = ((2 * 3_000) / 600) * (2 / 3);
  expect(row.newsIn).toBeCloseTo(news);
  expect(row.redisIn).toBeCloseTo(3_000 * (others - all) + news);
  expect(row.redisOut).toBeCloseTo(3_000 * others + 2 * news);
});

it("the first limit is the one that the smallest growth reaches, and the reserve is that growth", () => {
  const row = scaleRow({ hosts: 2, workers: 4 }, EVERYBODY, COSTS, { ...LIMITS, memory: 600 });
  expect(row.limit).toBe("bridge, memory");
  expect(row.reserve).toBeCloseTo(600 / row.bridgeRooms);
  const busy = scaleRow({ hosts: 2, workers: 4 }, { ...EVERYBODY, perSecond: 1 }, COSTS, LIMITS);
  expect(busy.limit).toBe("bridge, core");
  expect(busy.reserve).toBeCloseTo(1 / busy.bridgeCore);
});
