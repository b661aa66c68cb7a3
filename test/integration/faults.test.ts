/** Promise: bad input and dying workers cost what they must and nothing more; no byte is ever read as what it is not. */

import { readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Fleet, startFleet } from "../helpers/fleet.js";
import {
  connectionTo,
  echo,
  openSession,
  type Session,
  sessionOnEachSlot,
} from "../helpers/polling-session.js";
import { head, RawConnection } from "../helpers/raw-connection.js";
import { FrameStream, textFrame, upgradeRequest } from "../helpers/raw-websocket.js";

const WORKERS = 3;
const WEBSOCKET = "/socket.io/?EIO=4&transport=websocket";
let fleet: Fleet;
const open = (): Promise<RawConnection> => RawConnection.open(fleet.port);

type Entry = { session: Session; connection: RawConnection };

/** A session, and a connection that another worker accepted. */
async function strayPair(): Promise<{ session: Session; own: RawConnection; other: RawConnection }> {
  const [entry] = (await sessionOnEachSlot(1, open)) as [Entry];
  const other = await connectionTo((entry.session.slot + 1) % WORKERS, open);
  return { session: entry.session, own: entry.connection, other };
}

describe("a worker that is killed", () => {
  beforeEach(async () => {
    fleet = await startFleet("apps/echo.mjs", { workers: WORKERS });
  });
  afterEach(async () => {
    expect(await fleet.stop()).toBe(0);
  });

  it("takes with it the connections that have a body under way to it, and the rest is never read as a request", async () => {
    const { session, other } = await strayPair();
    const smuggled = "GET /slot HTTP/1.1\r\nHost: app\r\n\r\n";
    const served = await strays(session.slot);
    other.write(head("POST", session.target, { "Content-Type": "text/plain", "Content-Length": "100000" }));
    other.write("4".repeat(1000));
    await fleet.until("the stray reaches its owner", async () => (await strays(session.slot)) > served);
    process.kill(await fleet.pidOf(session.slot), "SIGKILL");
    other.write(smuggled.repeat(20));
    await other.closes();
    expect(other.unread.toString()).not.toContain("200 OK");
  });

  it("closes the connections that it accepted itself", async () => {
    const own = await connectionTo(1, open);
    own.write(head("POST", "/digest", { "Content-Length": "100000" }));
    process.kill(await fleet.pidOf(1), "SIGKILL");
    own.write("GET /slot HTTP/1.1\r\nHost: app\r\n\r\n");
    await own.closes();
    expect(own.unread.length).toBe(0);
  });

  it("leaves a hanging poll that another worker accepted with the engine's own refusal", async () => {
    const { session, other } = await strayPair();
    const served = await strays(session.slot);
    other.write(head("GET", session.target));
    await fleet.until("the poll hangs at its owner", async () => (await strays(session.slot)) > served);
    process.kill(await fleet.pidOf(session.slot), "SIGKILL");
    const answer = await other.response();
    // The welcome may have been waiting for this poll; the next one then finds the session gone.
    const refused = answer.status === 400 ? answer : await other.get(session.target);
    expect(refused.status).toBe(400);
    expect(JSON.parse(refused.body.toString())).toEqual({ code: 1, message: "Session ID unknown" });
  });

  it("costs the sessions of the others nothing", async () => {
    const entries = await sessionOnEachSlot(WORKERS, open);
    const [victim, ...others] = entries as [Entry, ...Entry[]];
    process.kill(await fleet.pidOf(victim.session.slot), "SIGKILL");
    await fleet.until("a new process in the slot", async () => {
      const worker = (await fleet.status()).workers.find(({ slot }) => slot === victim.session.slot);
      return worker?.state === "ready" && worker.restarts === 1;
    });
    const connection = await open();
    for (const { session } of others) await echo(connection, session, 1, "still here");
    expect((await connection.get(victim.session.target)).status).toBe(400);
  });
});

async function strays(slot: number): Promise<number> {
  return (await fleet.status()).workers[slot]?.snapshot?.straysServed ?? 0;
}

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
    const { session, own, other } = await strayPair();
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
    const { session, other } = await strayPair();
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
    const { session, other } = await strayPair();
    const response = await other.post(session.target, "4".repeat(9_000_000));
    expect(response.status).toBe(413);
  });

  it("of a stray that is aborted while it waits reaches the owner, who ends the session", async () => {
    const { session, own, other } = await strayPair();
    await echo(own, session, 1, "nothing is left to be polled");
    const served = await strays(session.slot);
    other.write(head("GET", session.target));
    await fleet.until("the poll hangs at its owner", async () => (await strays(session.slot)) > served);
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

describe("a stray upgrade", () => {
  beforeAll(async () => {
    fleet = await startFleet("apps/echo.mjs", { workers: WORKERS, args: ["--policy", "round-robin"] });
  });
  afterAll(async () => {
    expect(await fleet.stop()).toBe(0);
  });

  it("loses no byte that was sent with it: 200 sessions whose first packet shares the segment of the request", async () => {
    const slots = new Set<string>();
    for (let turn = 0; turn < 200; turn++) {
      const connection = await open();
      connection.write(Buffer.concat([Buffer.from(upgradeRequest(WEBSOCKET)), textFrame("40")]));
      const frames = new FrameStream(connection);
      await frames.switched();
      await frames.text((text) => text.startsWith("40"));
      connection.write(textFrame('421["slot"]'));
      slots.add(await frames.text((text) => text.startsWith("431")));
      connection.destroy();
    }
    expect([...slots].sort()).toEqual(['431["0"]', '431["1"]', '431["2"]']);
    await fleet.until("upgrades were passed", async () =>
      (await fleet.status()).workers.some(({ snapshot }) => (snapshot?.upgradesPassed ?? 0) > 0),
    );
  });

  it("loses no byte that is sent right behind it, cut at every byte of the first frames", async () => {
    const request = upgradeRequest(WEBSOCKET);
    const frames = textFrame(
      `40${JSON.stringify({ token: "a token of some length, so that there is something to cut" })}`,
    );
    for (let at = 0; at < frames.length; at++) {
      const connection = await open();
      await connection.writePieces([request, frames.subarray(0, at), frames.subarray(at)]);
      const stream = new FrameStream(connection);
      await stream.switched();
      expect(await stream.text((text) => text.startsWith("40"))).toMatch(/^40\{"sid":/);
      connection.destroy();
    }
  });

  it("of a polling session finds it, from whichever worker accepted the connection", async () => {
    for (let turn = 0; turn < 30; turn++) {
      const polling = await open();
      const session = await openSession(polling);
      const connection = await open();
      connection.write(upgradeRequest(`${WEBSOCKET}&sid=${session.sid}`));
      connection.write(textFrame("2probe"));
      const frames = new FrameStream(connection);
      await frames.switched();
      expect(await frames.text(() => true)).toBe("3probe");
      connection.write(textFrame("5"));
      connection.write(textFrame('427["slot"]'));
      expect(await frames.text((text) => text.startsWith("437"))).toBe(`437["${session.slot}"]`);
      connection.destroy();
      polling.destroy();
    }
  });
});

describe("1,000 handshakes at once", () => {
  it.each(["polling", "websocket"])(
    "by %s spread so that the fullest slot has at most 1.2 times the emptiest",
    async (transport) => {
      fleet = await startFleet("apps/echo.mjs", { workers: WORKERS });
      const connections = await Promise.all(Array.from({ length: 1000 }, open));
      const target = `/socket.io/?EIO=4&transport=${transport}`;
      const request = transport === "polling" ? head("GET", target) : upgradeRequest(target);
      for (const connection of connections) connection.write(request);
      const responses = await Promise.all(connections.map((connection) => connection.response()));
      expect(new Set(responses.map(({ status }) => status))).toEqual(
        new Set([transport === "polling" ? 200 : 101]),
      );
      await fleet.until("every session is counted", async () => (await fleet.status()).sessions === 1000);
      const loads = (await fleet.status()).workers.map(({ snapshot }) => snapshot?.sessions ?? 0);
      expect(Math.max(...loads) / Math.min(...loads), `${loads}`).toBeLessThanOrEqual(1.2);
      for (const connection of connections) connection.destroy();
      expect(await fleet.stop()).toBe(0);
    },
  );
});

describe("a slow reader of a large answer", () => {
  it("costs the worker that accepted it no memory for what is not read", async () => {
    fleet = await startFleet("apps/echo.mjs", { workers: WORKERS });
    const { session, own, other } = await strayPair();
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

describe("a fleet with a worker that boots slowly and one that crash-loops", () => {
  it("lets every client connect", async () => {
    fleet = await startFleet("apps/uneven.mjs", { workers: WORKERS, ready: false });
    await fleet.until("the first worker is ready", () => /slot=0 .*ready/.test(fleet.stdout + fleet.stderr));
    const port = Number(
      (await fleet.status()).listening.map((address) => (typeof address === "string" ? 0 : address.port))[0],
    );
    const slots = new Map<number, number>();
    const until = Date.now() + 6000;
    let clients = 0;
    while (Date.now() < until) {
      const connection = await RawConnection.open(port);
      const { slot } = await openSession(connection);
      slots.set(slot, (slots.get(slot) ?? 0) + 1);
      clients++;
    }
    expect([...slots.values()].reduce((sum, count) => sum + count, 0)).toBe(clients);
    expect([...slots.keys()].sort()).toEqual([0, 1]);
    expect(fleet.stderr).toContain("no database for slot 2");
    await fleet.stop();
  }, 60_000);
});

describe("1,000 WebSocket connects one after another", () => {
  it("all succeed", async () => {
    fleet = await startFleet("apps/echo.mjs", { workers: WORKERS });
    for (let turn = 0; turn < 1000; turn++) {
      const connection = await open();
      connection.write(upgradeRequest(WEBSOCKET));
      connection.write(textFrame("40"));
      const frames = new FrameStream(connection);
      await frames.switched();
      await frames.text((text) => text.startsWith("40"));
      connection.destroy();
    }
    expect(await fleet.stop()).toBe(0);
  });
});
