/** Promise: bad input and slow readers cost what they must and nothing more. */

import { readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Fleet, startFleet } from "../helpers/fleet.js";
import { echo, openSession, strayPair } from "../helpers/polling-session.js";
import { head, RawConnection } from "../helpers/raw-connection.js";
import { upgradeRequest } from "../helpers/raw-websocket.js";
import { straysServedBy } from "../helpers/strays.js";

const WEBSOCKET = "/socket.io/?EIO=4&transport=websocket";
const WORKERS = 3;
let fleet: Fleet;
const open = (): Promise<RawConnection> => RawConnection.open(fleet.port);

describe("bad input", () => {
  beforeAll(async () => {
    fleet = await startFleet("apps/echo.mjs", { workers: WORKERS, env: { HEADERS_TIMEOUT: "800" } });
  });
  afterAll(async () => {
    expect(await fleet.stop()).toBe(0);
  });
  afterEach(async () => {
    const { workers } = await fleet.status();
    expect(workers.map(({ restarts }) => restarts)).toEqual([0, 0, 0]);
  });

  it("of a request line of 100 kB gets a 431", async () => {
    const connection = await open();
    connection.write(
      `GET /socket.io/?EIO=4&transport=polling&x=${"a".repeat(100_000)} HTTP/1.1\r\nHost: app\r\n\r\n`,
    );
    const response = await connection.response();
    expect(response.status).toBe(431);
    await connection.closes();
  });

  it("of a head that never ends gets a 408, while others are served", async () => {
    const slow = await open();
    slow.write("GET /socket.io/?EIO=4 HTTP/1.1\r\nHost: a");
    const other = await open();
    await echo(other, await openSession(other), 1, "meanwhile");
    expect((await slow.response()).status).toBe(408);
    await slow.closes();
  });

  it("of a body shorter than promised ends that request and nothing else", async () => {
    const { session, own, other } = await strayPair(WORKERS, open);
    await echo(other, session, 1, "the link to the owner stands");
    other.write(head("POST", session.target, { "Content-Type": "text/plain", "Content-Length": "100" }));
    other.write('42["echo","half');
    other.socket.end();
    await other.closes();
    const bystander = await open();
    await echo(bystander, await openSession(bystander), 1, "unhurt");
    // The engine ends a session whose request broke: its owner must have heard of it.
    await fleet.until("the session ends", async () => (await own.get(session.target)).status === 400);
  });

  it("of a body longer than promised closes the connection, and what is too much reaches no session", async () => {
    const { session, other } = await strayPair(WORKERS, open);
    const body = '42["echo","exact"]';
    other.write(
      head("POST", session.target, { "Content-Type": "text/plain", "Content-Length": `${body.length}` }),
    );
    other.write(`${body}and more that is no request\r\n\r\n`);
    await other.closes();
    expect(other.unread.toString()).toContain("HTTP/1.1 400 Bad Request");
    const { workers } = await fleet.status();
    expect(workers.map(({ state }) => state)).toEqual(["ready", "ready", "ready"]);
  });

  it("of a stray body over maxHttpBufferSize gets the engine's 413", async () => {
    const { session, other } = await strayPair(WORKERS, open);
    const response = await other.post(session.target, "4".repeat(9_000_000));
    expect(response.status).toBe(413);
  });

  it("of a stray that is aborted while it waits reaches the owner, who ends the session", async () => {
    const { session, own, other } = await strayPair(WORKERS, open);
    await echo(own, session, 1, "nothing is left to be polled");
    const served = await straysServedBy(fleet, session.slot);
    other.write(head("GET", session.target));
    await fleet.until(
      "the poll hangs at its owner",
      async () => (await straysServedBy(fleet, session.slot)) > served,
    );
    other.destroy();
    await fleet.until(
      "the session ends",
      async () => (await (await open()).get(session.target)).status === 400,
    );
  });

  it("of an upgrade with two sids or none known is refused with a 400", async () => {
    for (const query of [
      "&sid=0001a&sid=0002b",
      "&sid=0001AAAAAAAAAAAAAAAAAAAA",
      "&sid=002rAAAAAAAAAAAAAAAAAAAA",
    ]) {
      const connection = await open();
      connection.write(upgradeRequest(WEBSOCKET + query));
      expect((await connection.response()).status).toBe(400);
      await connection.closes();
    }
  });
});

describe("a slow reader of a large answer", () => {
  it("costs the worker that accepted it no memory for what is not read", async () => {
    fleet = await startFleet("apps/echo.mjs", { workers: WORKERS });
    const { session, own, other } = await strayPair(WORKERS, open);
    await echo(own, session, 1, "warm");
    const accepting = await fleet.pidOf((session.slot + 1) % WORKERS);
    const before = residentBytes(accepting);
    await own.post(session.target, '42["large",24]');
    other.socket.pause();
    other.write(head("GET", session.target));
    const served = async (): Promise<boolean> =>
      other.socket.bytesRead > 0 || residentBytes(accepting) - before > 0;
    await fleet.until("the answer begins", served);
    for (let look = 0; look < 40; look++) {
      expect(residentBytes(accepting) - before).toBeLessThan(12 << 20);
      await fleet.status();
    }
    other.socket.resume();
    const response = await other.response();
    expect(response.body.length).toBeGreaterThan(24 << 20);
    expect(await fleet.stop()).toBe(0);
  });

  function residentBytes(pid: number): number {
    return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024;
  }
});
