/** Promise: in the worker that a session came to, the app finds the request that opened it, and what its middlewares make of it. */

import type { IncomingMessage } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { showOnConnection } from "../../src/worker/internals/client-socket.js";
import { TwoApps, until } from "./handoff-codec/two-apps.js";

type WithSession = IncomingMessage & { session?: string };

let both: TwoApps;
afterEach(() => both.close());

/** What each app's `connection` found on the request. */
let found: (string | undefined)[];
const listen = (io: import("socket.io").Server): void => {
  found = [];
  io.on("connection", (socket) => {
    found.push((socket.request as WithSession).session);
    socket.on("echo", (value, answer) => answer(value));
  });
};

type Use = (request: WithSession, response: { end(): void }, next: (error?: Error) => void) => unknown;

describe.each(["websocket", "polling"])("a session by %s that moved", (transport) => {
  it.each<[string, Use]>([
    [
      "at once",
      (request, _response, next) => {
        request.session = request.headers.cookie ?? "none";
        next();
      },
    ],
    [
      "later",
      async (request, _response, next) => {
        await new Promise((resolve) => setImmediate(resolve));
        request.session = request.headers.cookie ?? "none";
        next();
      },
    ],
  ])("has on its request what a middleware puts there %s", async (_when, use) => {
    both = await TwoApps.start((io) => {
      io.engine.use(use);
      listen(io);
    });
    const options = { transports: [transport as "polling"], extraHeaders: { cookie: "id=1" } };
    const client = await both.connect(options);
    await both.move();
    expect(found).toEqual(["id=1", "id=1"]);
    expect(await client.emitWithAck("echo", 1)).toBe(1);
  });

  it.each<[string, Use]>([
    ["answers by itself", (_request, response) => response.end()],
    ["refuses", (_request, _response, next) => next(new Error("refused"))],
    [
      "throws",
      () => {
        throw new Error("thrown");
      },
    ],
    ["rejects", () => Promise.reject(new Error("rejected"))],
  ])("lives on when a middleware %s", async (_what, use) => {
    const uses: Use[] = [(_request, _response, next) => next(), use];
    both = await TwoApps.start((io) => {
      const own = uses.shift();
      // Only of the session that is built: what the engine asks for itself is let through.
      io.engine.use((request: WithSession, response: never, next: never) =>
        (request.complete && !("res" in request) ? own : letThrough)?.(request, response, next),
      );
      listen(io);
    });
    const client = await both.connect({ transports: [transport as "polling"] });
    await both.move();
    expect(await client.emitWithAck("echo", 1)).toBe(1);
  });

  it("says of itself what it said before, also behind a proxy", async () => {
    both = await TwoApps.start(listen);
    const show = (request: IncomingMessage): void =>
      showOnConnection(request.socket, { address: "2001:db8::7", port: 7 });
    both.old.http.prependListener("upgrade", show);
    both.old.http.prependListener("request", show);
    const client = await both.connect({ transports: [transport as "polling"] });
    await both.move();
    const { handshake, conn, request } = both.new.socket(client.id);
    expect([handshake.address, conn.remoteAddress, request.socket.remoteAddress]).toEqual(
      Array(3).fill("2001:db8::7"),
    );
    expect(request.socket.remotePort).toBe(7);
  });

  it("may have no request any more, to save memory", async () => {
    both = await TwoApps.start((io) => {
      io.engine.on("connection", (raw: { request: unknown }) => {
        raw.request = null;
      });
      io.on("connection", (socket) => socket.on("echo", (value, answer) => answer(value)));
    });
    const client = await both.connect({ transports: [transport as "polling"], query: { tab: "3" } });
    const before = both.old.socket(client.id).handshake;
    await both.move();
    const after = both.new.socket(client.id);
    expect(after.request).toBeNull();
    expect({ ...after.handshake, query: { ...after.handshake.query } }).toEqual({
      ...before,
      query: { ...before.query },
    });
    expect(await client.emitWithAck("echo", 1)).toBe(1);
  });

  it("is told to those who listen to the engine", async () => {
    const heard: string[] = [];
    both = await TwoApps.start((io) => {
      listen(io);
      io.engine.on("connection", (raw: import("node:events").EventEmitter & { id: string }) => {
        heard.push(`opened ${raw.id}`);
        raw.on("close", (reason) => heard.push(`closed ${raw.id} ${reason}`));
      });
    });
    await both.connect({ transports: [transport as "polling"] });
    const { sid } = both.old.session();
    await both.move();
    expect(heard).toEqual([`opened ${sid}`, `closed ${sid} server handoff`, `opened ${sid}`]);
    await until(() => found.length === 2);
  });
});

const letThrough: Use = (_request, _response, next) => next();
