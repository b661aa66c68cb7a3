/** Promise: whoever ends waits for sessions that may move yet, also while no connection stands, and closes what can move no more. */

import { once } from "node:events";
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server } from "socket.io";
import { afterEach, beforeEach, expect, it } from "vitest";
import { drain } from "../../src/worker/drain.js";
import type { Engine, EngineSession } from "../../src/worker/internals/engine.js";
import { get } from "../helpers/http-client.js";

const LIMIT = 10_000;
/** More looks than one: the first is that of whoever begins, and a second one sees that no connection is left. */
const LOOKS = 4;

let server: HttpServer;
let io: Server;
let engine: Engine;
let sid: string;
let session: EngineSession;

beforeEach(async () => {
  server = createServer();
  io = new Server(server);
  await once(server.listen(0, "127.0.0.1"), "listening");
  engine = io.engine as unknown as Engine;
  const { port } = server.address() as AddressInfo;
  const handshake = await get(`http://127.0.0.1:${port}/socket.io/?EIO=4&transport=polling`);
  sid = (JSON.parse(handshake.slice(1)) as { sid: string }).sid;
  session = engine.clients[sid] as EngineSession;
});

afterEach(async () => {
  await io.close();
});

it("a session that may move yet is waited for without any connection, and is not closed", async () => {
  let looks = 0;
  let moved = false;
  const rescue = async (): Promise<(other: string) => boolean> => {
    looks += 1;
    if (looks === LOOKS) {
      moved = true;
      delete engine.clients[sid];
    }
    return (other) => other === sid;
  };
  expect(await drain({ servers: [server], engines: [engine], within: LIMIT, rescue })).toBe(0);
  expect(moved).toBe(true);
});

it("what listens for the end of a server, as the engine does, hears of it once, after the last session", async () => {
  const ends: number[] = [];
  server.on("close", () => ends.push(Object.keys(engine.clients).length));
  let looks = 0;
  const rescue = async (): Promise<() => boolean> => {
    looks += 1;
    if (looks === LOOKS) delete engine.clients[sid];
    return () => true;
  };
  await drain({ servers: [server], engines: [engine], within: LIMIT, rescue });
  expect(ends).toEqual([0]);
});

it("a session that may not move any more is closed, however long there is", async () => {
  let looks = 0;
  const rescue = async (): Promise<() => boolean> => {
    looks += 1;
    return () => looks < LOOKS;
  };
  expect(await drain({ servers: [server], engines: [engine], within: LIMIT, rescue })).toBe(1);
  expect(looks).toBe(LOOKS);
  expect(session).not.toHaveProperty("readyState", "open");
});

it("when the time is over, what was waited for is closed and counted", async () => {
  const rescue = async (): Promise<() => boolean> => () => true;
  expect(await drain({ servers: [server], engines: [engine], within: 300, rescue })).toBe(1);
  expect(session).not.toHaveProperty("readyState", "open");
});
