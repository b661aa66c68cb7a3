/**
 * Promise: a session that cannot move is told to reconnect, finds the new worker, and is counted by its reason; all others move. Nobody is left behind
 * for the sake of another.
 */

import type { Socket } from "socket.io-client";
import { afterEach, expect, it } from "vitest";
import { makeCertificate } from "../helpers/certificate.js";
import { connected, newClient } from "../helpers/every-transport.js";
import { type Fleet, startFleet } from "../helpers/fleet.js";
import { temporaryDirectory } from "../helpers/temporary.js";

/** What may still pass is waited for as long as there is time. */
const TIMES = ["--handoff-timeout", "3s", "--drain-timeout", "8s"];
const CA = { rejectUnauthorized: false };
let fleet: Fleet | undefined;
let sockets: Socket[] = [];
const directory = temporaryDirectory();

afterEach(async () => {
  for (const socket of sockets) socket.disconnect();
  sockets = [];
  expect(await fleet?.stop()).toBe(0);
});

type Visitor = { readonly socket: Socket; readonly partings: string[]; readonly back: Promise<void> };

/** A client that comes back when it is told to. */
async function visit(running: Fleet, options: object = {}): Promise<Visitor> {
  const url = "ca" in options ? running.url.replace("http", "https") : running.url;
  const socket = newClient(url, "websocket", { reconnection: true, reconnectionDelay: 50, ...options });
  sockets.push(socket);
  const partings: string[] = [];
  const back = new Promise<void>((resolve) => {
    socket.on("disconnect", (reason) => {
      partings.push(reason);
      socket.once("connect", () => resolve());
    });
  });
  await connected(socket);
  return { socket, partings, back };
}

/** Takes what the socket of its engine gets from there no more: its reader sleeps. */
function stopReading({ socket }: Visitor): void {
  type Inner = { io: { engine: { transport: { ws: { _socket: { pause(): void } } } } } };
  (socket as unknown as Inner).io.engine.transport.ws._socket.pause();
}

const echoes = (visitor: Visitor): Promise<string> =>
  visitor.socket.timeout(10_000).emitWithAck("echo", "still here");

it("data that cannot be cloned, a middleware under way, a client that does not read: each for its reason, and only they", async () => {
  fleet = await startFleet("handoff/fallbacks.mjs", { workers: 1, args: TIMES });
  const [keeper, waiter, sleeper, ...others] = await Promise.all(
    Array.from({ length: 6 }, () => visit(fleet as Fleet)),
  );
  if (keeper === undefined || waiter === undefined || sleeper === undefined) throw new Error("nobody came");
  await keeper.socket.timeout(10_000).emitWithAck("keep a function");
  waiter.socket.io.socket("/asks");
  await echoes(sleeper);
  stopReading(sleeper);
  // More than the kernel takes on both sides together.
  sleeper.socket.emit("flood", 32);
  await Promise.all([waiter, ...others].map((other) => echoes(other)));
  await fleet.command("reload");
  const { lastChange } = await fleet.status();
  expect(lastChange).toMatchObject({
    moved: others.length,
    closed: 3,
    stayed: { data: 1, middleware: 1, "stuck-consumer": 1 },
  });
  await Promise.all([keeper.back, waiter.back]);
  expect(await Promise.all([keeper, waiter, ...others].map(echoes))).toEqual(Array(5).fill("still here"));
  expect([keeper, waiter].map(({ partings }) => partings)).toEqual([
    ["transport close"],
    ["transport close"],
  ]);
  expect(others.map(({ partings }) => partings)).toEqual([[], [], []]);
});

it("TLS that ends in the worker: every session is told to reconnect, for that reason", async () => {
  const { key, cert } = makeCertificate(directory.path);
  fleet = await startFleet("handoff/fallbacks.mjs", { workers: 1, env: { KEY: key, CERT: cert } });
  const visitors = await Promise.all(
    Array.from({ length: 3 }, () => visit(fleet as Fleet, { ...CA, ca: "" })),
  );
  await fleet.command("reload");
  expect((await fleet.status()).lastChange).toMatchObject({ moved: 0, closed: 3, stayed: { tls: 3 } });
  await Promise.all(visitors.map(({ back }) => back));
  expect(await Promise.all(visitors.map(echoes))).toEqual(Array(3).fill("still here"));
});
