/** Promise: what an app sets up in Socket.IO's options and middlewares works for strays as for everybody. */

import { gunzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { connected, newClient, talkOnAll, upgraded } from "../helpers/every-transport.js";
import { type Fleet, startFleet } from "../helpers/fleet.js";
import { openSession } from "../helpers/polling-session.js";
import { head, RawConnection, type RawResponse } from "../helpers/raw-connection.js";
import { moreStrays } from "../helpers/strays.js";

const WORKERS = 3;
/** As many requests over connections of their own that some are accepted by a worker that does not own them. */
const TURNS = 24;
const ORIGIN = "http://other.example";
/** In turn, so that every slot has sessions, wherever they are accepted. */
const POLICY = ["--policy", "round-robin"];

let fleet: Fleet | undefined;
afterEach(async () => {
  const code = await fleet?.stop();
  fleet = undefined;
  expect(code).toBe(0);
});

async function start(variant: string): Promise<Fleet> {
  fleet = await startFleet("frameworks/variants.mjs", { workers: WORKERS, args: [...POLICY, "--", variant] });
  return fleet;
}

type Exchange = { readonly slot: number; readonly opened: RawResponse; readonly next: RawResponse };

/** Opens a session on one connection, and posts to it on another. */
async function exchange(
  running: Fleet,
  number: number,
  headers: Record<string, string> = {},
): Promise<Exchange> {
  const path = "/socket.io/?EIO=4&transport=polling";
  const [first, second] = await Promise.all([
    RawConnection.open(running.port),
    RawConnection.open(running.port),
  ]);
  const opened = await first.get(path, { ...headers, "X-Number": `${number}` });
  const { sid } = JSON.parse(opened.body.toString().slice(1)) as { sid: string };
  const next = await second.post(`${path}&sid=${sid}`, "40", { ...headers, "X-Number": `${number}` });
  first.destroy();
  second.destroy();
  return { slot: Number.parseInt(sid.slice(2, 4), 36), opened, next };
}

async function exchanges(running: Fleet, headers?: Record<string, string>): Promise<Exchange[]> {
  const all: Exchange[] = [];
  for (let number = 0; number < TURNS; number++) all.push(await exchange(running, number, headers));
  await moreStrays(running, "straysServed", 0);
  return all;
}

describe("engine.use", () => {
  it("runs a middleware once for each request, at the owner, and its headers reach the client", async () => {
    const running = await start("middlewares");
    for (const { slot, opened, next } of await exchanges(running, { Origin: ORIGIN })) {
      for (const { status, headers } of [opened, next]) {
        expect(status).toBe(200);
        expect(headers.get("x-owner")).toBe(`${slot}`);
        expect(headers.get("x-headers")).toBe(`${slot}`);
        expect(headers.get("access-control-allow-origin")).toBe(ORIGIN);
        expect(headers.get("access-control-allow-credentials")).toBe("true");
      }
      expect(opened.headers.get("x-initial")).toBe(`${slot}`);
      expect(next.headers.has("x-initial")).toBe(false);
    }
    for (let number = 0; number < TURNS; number++) {
      for (const method of ["GET", "POST"]) {
        const ran = running.stdout.match(new RegExp(`ran for ${method} ${number}$`, "gm"));
        expect(ran).toHaveLength(1);
      }
    }
  });

  it("keeps every one of several headers with one name", async () => {
    const running = await start("middlewares");
    for (let number = 0; number < TURNS; number++) {
      const { headers } = await fetch(`${running.url}/socket.io/?EIO=4&transport=polling`);
      expect(headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    }
    await moreStrays(running, "straysServed", 0);
  });

  it("keeps them too where a framework has set headers of its own before", async () => {
    const running = await start("under express");
    for (let number = 0; number < TURNS; number++) {
      const { headers } = await fetch(`${running.url}/engine.io/?EIO=4&transport=polling`);
      expect(headers.getSetCookie()).toEqual(["a=1", "b=2"]);
      expect(headers.get("x-powered-by")).toBe("Express");
    }
    await moreStrays(running, "straysServed", 0);
  });

  it("may answer instead of the engine", async () => {
    const running = await start("a middleware that answers");
    const { opened } = await exchange(running, 0);
    expect(opened.status).toBe(200);
    for (let slot = 0; slot < WORKERS; slot++) {
      for (let turn = 0; turn < TURNS / WORKERS; turn++) {
        const connection = await RawConnection.open(running.port);
        const target = `/socket.io/?EIO=4&transport=polling&sid=000${slot}AAAAAAAAAAAAAAAAAAAA`;
        const { status, headers, body } = await connection.get(target, { "X-Busy": "1" });
        expect(`${status} ${headers.get("retry-after")} ${body}`).toBe("429 7 later");
        connection.destroy();
      }
    }
    await moreStrays(running, "straysServed", 0);
  });
});

it("cors answers a preflight, also one with a sid", async () => {
  const running = await start("middlewares");
  for (let slot = 0; slot < WORKERS; slot++) {
    const connection = await RawConnection.open(running.port);
    const target = `/socket.io/?EIO=4&transport=polling&sid=000${slot}AAAAAAAAAAAAAAAAAAAA`;
    connection.write(head("OPTIONS", target, { Origin: ORIGIN, "Access-Control-Request-Method": "POST" }));
    const { status, headers } = await connection.response();
    expect(status).toBe(204);
    expect(headers.get("access-control-allow-origin")).toBe(ORIGIN);
    connection.destroy();
  }
});

it("the cookie of the option names the session", async () => {
  const running = await start("a cookie");
  for (const { opened, next } of await exchanges(running)) {
    const { sid } = JSON.parse(opened.body.toString().slice(1)) as { sid: string };
    expect(opened.headers.get("set-cookie")).toBe(`io=${sid}; Path=/; HttpOnly; SameSite=Lax`);
    expect(next.headers.has("set-cookie")).toBe(false);
  }
});

it("allowRequest lets in and keeps out, on every transport", async () => {
  const running = await start("allowRequest");
  const allowed = await talkOnAll(running.url, 8, { extraHeaders: { authorization: "yes" } });
  expect(allowed.errors).toEqual([]);
  await moreStrays(running, "straysServed", 0);
  for (const transport of ["polling", "websocket"] as const) {
    for (let turn = 0; turn < 8; turn++) {
      const socket = newClient(running.url, transport);
      await expect(connected(socket)).rejects.toThrow(
        `${transport === "polling" ? "xhr poll" : "websocket"} error`,
      );
      socket.disconnect();
    }
  }
  const connection = await RawConnection.open(running.port);
  const { status, body } = await connection.get("/socket.io/?EIO=4&transport=polling");
  expect(`${status} ${body}`).toBe('403 {"code":4,"message":"no permission"}');
  connection.destroy();
});

describe("compression", () => {
  it("of WebSocket messages holds, also after an upgrade", async () => {
    const running = await start("compression");
    for (let turn = 0; turn < 9; turn++) {
      const socket = newClient(running.url, turn % 2 === 0 ? "websocket" : "upgrade", {
        perMessageDeflate: { threshold: 0 },
      });
      await connected(socket);
      await upgraded(socket);
      expect(await socket.timeout(5000).emitWithAck("repeat", 5000)).toBe("holdfast ".repeat(5000));
      const { ws } = socket.io.engine.transport as unknown as { ws: { extensions: string } };
      expect(ws.extensions).toContain("permessage-deflate");
      socket.disconnect();
    }
  });

  it("of polling answers holds astray", async () => {
    const running = await start("compression");
    for (let turn = 0; turn < TURNS; turn++) {
      const connections = await Promise.all(
        Array.from({ length: 3 }, () => RawConnection.open(running.port)),
      );
      const [first, second, third] = connections as [RawConnection, RawConnection, RawConnection];
      const { target } = await openSession(first);
      await second.post(target, '421["repeat",100]');
      const { headers, body } = await third.get(target, { "Accept-Encoding": "gzip" });
      expect(headers.get("content-encoding")).toBe("gzip");
      expect(gunzipSync(body).toString()).toContain("holdfast ".repeat(100));
      for (const connection of connections) connection.destroy();
    }
    await moreStrays(running, "straysServed", 0);
  });
});

it("serveClient gives the client's files, from every worker", async () => {
  const running = await start("a cookie");
  for (let turn = 0; turn < 12; turn++) {
    const connection = await RawConnection.open(running.port);
    const { status, headers, body } = await connection.get("/socket.io/socket.io.min.js");
    expect(status).toBe(200);
    expect(headers.get("content-type")).toContain("javascript");
    expect(body.toString()).toContain("Socket.IO v4.");
    connection.destroy();
  }
});

it("onAny and onAnyOutgoing hear each event once", async () => {
  const { url } = await start("outgoing listeners");
  for (let turn = 0; turn < 8; turn++) {
    const socket = newClient(url, "upgrade");
    await connected(socket);
    socket.emit("greet");
    await new Promise((resolve) => socket.once("greeting", resolve));
    expect(await socket.timeout(5000).emitWithAck("seen")).toEqual(["in greet", "out greeting", "in seen"]);
    socket.disconnect();
  }
});
