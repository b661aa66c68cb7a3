/** Promise: a request whose sid names a live slot is served by that slot, whatever connection it came by and however it was cut. */

import { createHash, randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Fleet, startFleet } from "../helpers/fleet.js";
import {
  echo,
  expectOk,
  openSession,
  packets,
  type Session,
  sessionOnEachSlot,
} from "../helpers/polling-session.js";
import { head, RawConnection } from "../helpers/raw-connection.js";

const WORKERS = 3;
const EIO3 = "/socket.io/?EIO=3&transport=polling";

let fleet: Fleet;
const open = (): Promise<RawConnection> => RawConnection.open(fleet.port);

beforeAll(async () => {
  fleet = await startFleet("apps/echo.mjs", { workers: WORKERS });
});
afterAll(async () => {
  expect(await fleet.stop()).toBe(0);
});

describe("one keep-alive connection", () => {
  it("serves two sessions of different workers in turn", async () => {
    const [first, second] = (await sessionOnEachSlot(2, open)) as [Entry, Entry];
    const shared = await open();
    for (let turn = 1; turn <= 10; turn++) {
      await echo(shared, first.session, turn, `first ${turn}`);
      await echo(shared, second.session, turn, `second ${turn}`);
    }
    expect(shared.closed).toBe(false);
    shared.destroy();
  });

  it("serves a session of every worker after it moved to one of them", async () => {
    const entries = await sessionOnEachSlot(WORKERS, open);
    const shared = await open();
    for (const { session } of [...entries, ...entries]) {
      for (let turn = 1; turn <= 6; turn++)
        await echo(shared, session, turn, `slot ${session.slot}, ${turn}`);
    }
    shared.destroy();
  });

  it("keeps serving plain HTTP beside sessions", async () => {
    const [{ session }] = (await sessionOnEachSlot(1, open)) as [Entry];
    const shared = await open();
    for (let turn = 1; turn <= 5; turn++) {
      expect((await shared.get("/slot")).body.toString()).toMatch(/^[012]$/);
      await echo(shared, session, turn, "between");
    }
    expect((await shared.get("/nothing")).status).toBe(404);
    shared.destroy();
  });
});

type Entry = { session: Session; connection: RawConnection };

describe("a stray request", () => {
  let entries: Entry[];
  beforeAll(async () => {
    entries = await sessionOnEachSlot(WORKERS, open);
  });

  /** Runs on new connections until each of some was accepted by a worker that does not own the session. */
  async function asStray(run: (connection: RawConnection, session: Session) => Promise<void>): Promise<void> {
    const before = await strays();
    // Which worker accepts is the system's choice, and the counters are told once a second.
    await fleet.until("requests that went astray", async () => {
      for (const { session } of entries) {
        const connection = await open();
        await run(connection, session);
        connection.destroy();
      }
      return (await strays()) >= before + WORKERS;
    });
  }

  async function strays(): Promise<number> {
    const { workers } = await fleet.status();
    return workers.reduce((sum, { snapshot }) => sum + (snapshot?.straysServed ?? 0), 0);
  }

  it("is answered by the owner, by GET and POST", async () => {
    await asStray((connection, session) => echo(connection, session, 1, "äöü € 😀"));
  });

  it("may be cut at every byte of its head", async () => {
    const { session } = entries[0] as Entry;
    const body = '42["echo","cut"]';
    const request = Buffer.from(
      head("POST", session.target, { "Content-Type": "text/plain", "Content-Length": `${body.length}` }) +
        body,
    );
    const connections = await Promise.all(Array.from({ length: 6 }, open));
    for (let at = 1; at < request.length; at++) {
      const connection = connections[at % connections.length] as RawConnection;
      await connection.writePieces([request.subarray(0, at), request.subarray(at)]);
      const response = await connection.response();
      expect(`${at} ${response.status} ${response.body}`).toBe(`${at} 200 ok`);
    }
    const answers = await packets(
      connections[0] as RawConnection,
      session,
      (all) => all.length >= request.length - 1,
    );
    expect(answers.every((packet) => packet === body)).toBe(true);
    for (const connection of connections) connection.destroy();
  });

  it("carries a body of 3 MB, whole and in order", async () => {
    const text = randomBytes(1_600_000).toString("hex").slice(0, 3_000_000);
    const digest = createHash("md5").update(text).digest("hex");
    await asStray(async (connection, session) => {
      expectOk(await connection.post(session.target, `421${JSON.stringify(["digest", text])}`));
      const expected = `431${JSON.stringify([digest, text.length])}`;
      await packets(connection, session, (all) => all.includes(expected));
    });
  });

  it("carries a chunked body", async () => {
    await asStray(async (connection, session) => {
      const body = '42["echo","in pieces"]';
      connection.write(
        head("POST", session.target, { "Content-Type": "text/plain", "Transfer-Encoding": "chunked" }),
      );
      await connection.writePieces([...body].map((character) => `1\r\n${character}\r\n`));
      connection.write("0\r\n\r\n");
      expectOk(await connection.response());
      await packets(connection, session, (all) => all.includes(body));
    });
  });

  it("carries binary attachments as base64", async () => {
    const bytes = randomBytes(300);
    const digest = createHash("md5").update(bytes).digest("hex");
    await asStray(async (connection, session) => {
      const body = `451-2["digest",{"_placeholder":true,"num":0}]\x1eb${bytes.toString("base64")}`;
      expectOk(await connection.post(session.target, body));
      await packets(connection, session, (all) => all.includes(`432["${digest}",300]`));
    });
  });

  it("may be an OPTIONS preflight with a sid", async () => {
    await asStray(async (connection, session) => {
      connection.write(
        head("OPTIONS", session.target, { Origin: "http://other", "Access-Control-Request-Method": "POST" }),
      );
      const response = await connection.response();
      expect(response.status).toBe(204);
      expect(response.headers.get("access-control-allow-origin")).toBe("*");
    });
  });

  it("is refused by the owner with its own words when it is wrong", async () => {
    await asStray(async (connection, session) => {
      const response = await connection.get(
        session.target.replace("transport=polling", "transport=websocket"),
      );
      expect(response.status).toBe(400);
      expect(JSON.parse(response.body.toString())).toEqual({ code: 3, message: "Bad request" });
    });
  });
});

describe("an EIO3 session", () => {
  async function openOld(query: string): Promise<string> {
    const connection = await open();
    const opened = await connection.get(`${EIO3}${query}`);
    const sid = /\\?"sid\\?":\\?"([^"\\]+)/.exec(opened.body.toString())?.[1];
    connection.destroy();
    return `${EIO3}${query}&sid=${sid}`;
  }

  it("takes a binary body, on every worker", async () => {
    const target = await openOld("&b64=1");
    for (let turn = 0; turn < 12; turn++) {
      const connection = await open();
      const packet = `42["echo","binary ${turn}"]`;
      const body = Buffer.concat([lengthOf(packet), Buffer.from(packet)]);
      expectOk(await connection.post(target, body, { "Content-Type": "application/octet-stream" }));
      let heard = "";
      while (!heard.includes(packet)) heard += (await connection.get(target)).body.toString();
      connection.destroy();
    }
  });

  it("speaks JSONP, on every worker", async () => {
    const target = await openOld("&j=0");
    for (let turn = 0; turn < 12; turn++) {
      const connection = await open();
      const packet = `42["echo","jsonp ${turn}"]`;
      const form = `d=${encodeURIComponent(`${packet.length}:${packet}`)}`;
      expectOk(await connection.post(target, form, { "Content-Type": "application/x-www-form-urlencoded" }));
      for (let heard = ""; !heard.includes(`jsonp ${turn}`); ) {
        const response = await connection.get(target);
        expect(response.body.toString()).toMatch(/^___eio\[0\]\(".*"\);$/);
        heard += response.body.toString();
      }
      connection.destroy();
    }
  });

  /** Engine.IO 3 binary payload: 0 for text, the digits of the length a byte each, 255. */
  function lengthOf(packet: string): Buffer {
    return Buffer.from([0, ...[...`${packet.length}`].map(Number), 255]);
  }
});

describe("a sid whose owner is nobody", () => {
  it.each([
    ["a slot that does not exist", "002rAAAAAAAAAAAAAAAAAAAA"],
    ["another host", "0100AAAAAAAAAAAAAAAAAAAA"],
    ["an unknown session of a live slot", "0001AAAAAAAAAAAAAAAAAAAA"],
    ["another alphabet", "ZZ-_AAAAAAAAAAAAAAAAAAAA"],
    ["a single character", "0"],
    ["10,000 characters", "0001".repeat(2500)],
  ])("gets the engine's own 400 at once: %s", async (_what, sid) => {
    const connection = await open();
    const response = await connection.get(`/socket.io/?EIO=4&transport=polling&sid=${sid}`);
    expect(response.status).toBe(400);
    expect(JSON.parse(response.body.toString())).toEqual({ code: 1, message: "Session ID unknown" });
    connection.destroy();
  });

  it("gets a 400 for two sids, and no worker serves either", async () => {
    const [{ session }] = (await sessionOnEachSlot(1, open)) as [Entry];
    const connection = await open();
    const response = await connection.post(`${session.target}&sid=${session.sid}`, '42["echo","twice"]');
    expect(response.status).toBe(400);
    expect(JSON.parse(response.body.toString())).toEqual({ code: 3, message: "Bad request" });
    const other = await connection.get(`/socket.io/?EIO=4&transport=polling&sid=0001x&sid=0002y`);
    expect(other.status).toBe(400);
    connection.destroy();
  });
});

it("gives every session an id that names its slot", async () => {
  const connection = await open();
  const session = await openSession(connection);
  expect(session.sid).toMatch(/^000[0-2].{20}$/);
  connection.destroy();
});
