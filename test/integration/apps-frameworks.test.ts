/** Promise: plain routes of a framework keep working with keep-alive, and its sockets connect on every transport. */

import { afterEach, expect, it } from "vitest";
import { talkOnAll } from "../helpers/every-transport.js";
import { type Fleet, startFleet } from "../helpers/fleet.js";
import { RawConnection } from "../helpers/raw-connection.js";

const WORKERS = 3;
const CLIENTS = 8;
/** In turn, so that seven clients are enough to reach every slot, wherever they are accepted. */
const POLICY = ["--policy", "round-robin"];

let fleet: Fleet | undefined;
afterEach(async () => {
  const code = await fleet?.stop();
  fleet = undefined;
  expect(code).toBe(0);
});

it.each(["express", "express-late", "koa", "fastify", "hono"])("%s runs unchanged", async (framework) => {
  fleet = await startFleet(`frameworks/${framework}.mjs`, { workers: WORKERS, args: POLICY });
  await plainRoutes(fleet.port);
  const { slots, errors } = await talkOnAll(fleet.url, CLIENTS);
  expect(errors).toEqual([]);
  expect([...slots].sort()).toEqual([0, 1, 2]);
  await plainRoutes(fleet.port);
});

it("NestJS runs unchanged, in TypeScript and with what it injects by type", async () => {
  fleet = await startFleet("nest/src/main.ts", { workers: WORKERS, args: POLICY });
  const connection = await RawConnection.open(fleet.port);
  for (let turn = 0; turn < 300; turn++) {
    const { status, headers, body } = await connection.get("/greet");
    expect(`${status} ${body}`).toBe("200 hello http");
    expect(headers.get("connection")).not.toBe("close");
  }
  connection.destroy();
  const greeting = { event: "greet", answer: (name: string) => `hello ${name}` };
  const { slots, errors } = await talkOnAll(fleet.url, CLIENTS, {}, greeting);
  expect(errors).toEqual([]);
  expect([...slots].sort()).toEqual([0, 1, 2]);
});

/** 300 requests on one connection, which stays open. */
async function plainRoutes(port: number): Promise<void> {
  const connection = await RawConnection.open(port);
  const slots = new Set<string>();
  for (let turn = 0; turn < 150; turn++) {
    const got = await connection.get("/plain");
    const posted = await connection.post("/plain", JSON.stringify({ turn }), {
      "Content-Type": "application/json",
    });
    for (const { status, headers } of [got, posted]) {
      expect(status).toBe(200);
      expect(headers.get("connection")).not.toBe("close");
    }
    const { slot } = JSON.parse(got.body.toString()) as { slot: string };
    slots.add(slot);
    expect(JSON.parse(posted.body.toString())).toEqual({ slot, got: { turn } });
  }
  expect(slots.size).toBe(1);
  expect(connection.closed).toBe(false);
  connection.destroy();
}
