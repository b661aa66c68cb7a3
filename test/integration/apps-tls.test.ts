/** Promise: behind TLS strays reach their owner too: requests are forwarded, upgrades tunnelled, over HTTP/1.1 and HTTP/2. */

import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { Agent, get } from "node:https";
import { type TLSSocket, connect as tlsConnect } from "node:tls";
import type { Socket } from "socket.io-client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { whileStopped } from "../helpers/acceptors.js";
import { makeCertificate } from "../helpers/certificate.js";
import { connected, newClient, slotOf, talkOnAll } from "../helpers/every-transport.js";
import { type Fleet, startFleet } from "../helpers/fleet.js";
import { freeRow } from "../helpers/free-ports.js";
import { Http2Connection, Http2Session } from "../helpers/http2-session.js";
import { countStrays, moreStrays } from "../helpers/strays.js";
import { temporaryDirectory } from "../helpers/temporary.js";

const WORKERS = 3;
const ANY_CERTIFICATE = { rejectUnauthorized: false };
/** Far less than the 25 s that a drain may take. Milliseconds. */
const QUICK = 6000;

const folder = temporaryDirectory();
const { key, cert } = makeCertificate(folder.path);
afterAll(() => folder.remove());

async function start(kind: string, ...args: string[]): Promise<Fleet> {
  const env = { KEY: key, CERT: cert };
  return startFleet("listen/secure.mjs", { workers: WORKERS, env, args: [...args, "--", kind] });
}

const urlOf = ({ port }: Fleet): string => `https://127.0.0.1:${port}`;

describe.each(["https", "http2"])("%s", (kind) => {
  let fleet: Fleet;
  beforeAll(async () => {
    fleet = await start(kind, "--policy", "round-robin");
  });
  afterAll(async () => {
    expect(await fleet.stop()).toBe(0);
  });

  it("connects clients on every transport, strays and all", async () => {
    const { slots, errors } = await talkOnAll(urlOf(fleet), 10, ANY_CERTIFICATE);
    expect(errors).toEqual([]);
    expect([...slots].sort()).toEqual([0, 1, 2]);
    await moreStrays(fleet, "requestsForwarded", 0);
    await moreStrays(fleet, "upgradesTunnelled", 0);
    expect(await countStrays(fleet, "upgradesPassed")).toBe(0);
    expect(await countStrays(fleet, "connectionsMoved")).toBe(0);
  });

  it("tells the app that the connection is secure, also astray", async () => {
    const sockets = Array.from({ length: 9 }, () => newClient(urlOf(fleet), "polling", ANY_CERTIFICATE));
    for (const socket of sockets) {
      expect(await socket.emitWithAck("secure")).toBe(true);
      socket.disconnect();
    }
  });
});

it("gives each slot a port of its own behind TLS too", async () => {
  const first = await freeRow(WORKERS);
  const env = { KEY: key, CERT: cert };
  const args = ["--listen", `ports:${first}`, "--", "http2"];
  const fleet = await startFleet("listen/secure.mjs", { workers: WORKERS, env, args, ready: false });
  try {
    await fleet.until("ready line", () => fleet.ended || fleet.stdout.includes(" ready "));
    for (let slot = 0; slot < WORKERS; slot++) {
      const connection = await Http2Connection.open(`https://127.0.0.1:${first + slot}`);
      expect((await connection.send("/plain")).body).toBe(`${slot} 2.0`);
      expect((await Http2Session.open(connection)).slot).toBe(slot);
      connection.close();
    }
  } finally {
    expect(await fleet.stop()).toBe(0);
  }
});

describe("polling over HTTP/2", () => {
  let fleet: Fleet;
  let connection: Http2Connection;
  let sessions: Http2Session[];
  beforeAll(async () => {
    fleet = await start("http2", "--policy", "round-robin");
    connection = await Http2Connection.open(urlOf(fleet));
    sessions = await Promise.all(Array.from({ length: 9 }, () => Http2Session.open(connection)));
  });
  afterAll(async () => {
    connection.close();
    expect(await fleet.stop()).toBe(0);
  });

  it("serves sessions of every worker on one connection", async () => {
    expect((await connection.send("/plain")).body).toMatch(/^[012] 2\.0$/);
    expect(new Set(sessions.map(({ slot }) => slot)).size).toBe(WORKERS);
    for (const [id, session] of [...sessions, ...sessions].entries()) {
      await session.say(`42${id}["echo","over http2 ${id}"]`);
      expect(await session.hear((packet) => packet.startsWith("43"))).toBe(`43${id}["over http2 ${id}"]`);
    }
    await moreStrays(fleet, "requestsForwarded", 0);
  });

  it("carries a body of 3 MB to each owner", async () => {
    const text = randomBytes(1_500_000).toString("hex");
    const digest = createHash("md5").update(text).digest("hex");
    for (const session of sessions) {
      await session.say(`421${JSON.stringify(["digest", text])}`);
      expect(await session.hear((packet) => packet.startsWith("43"))).toBe(`431["${digest}"]`);
    }
  });

  it("brings cookies to the owner's middlewares, and their headers back", async () => {
    for (const session of sessions) {
      const { headers } = await session.say('421["echo","x"]', { cookie: "a=1; b=2" });
      expect(headers["x-seen-by"]).toBe(`${session.slot} a=1; b=2`);
    }
  });

  it("gets the engine's own refusal for an unknown sid of each slot", async () => {
    for (let slot = 0; slot < WORKERS; slot++) {
      const sid = `000${slot}AAAAAAAAAAAAAAAAAAAA`;
      const { status, body } = await connection.send(`/socket.io/?EIO=4&transport=polling&sid=${sid}`);
      expect(status).toBe(400);
      expect(JSON.parse(body)).toEqual({ code: 1, message: "Session ID unknown" });
    }
  });
});

/** Has one connection, which a worker has accepted already. */
class AgentOfOne extends Agent {
  readonly #connection: TLSSocket;

  private constructor(connection: TLSSocket) {
    super();
    this.#connection = connection;
  }

  static async connect(port: number): Promise<AgentOfOne> {
    const connection = tlsConnect({ port, host: "127.0.0.1", ...ANY_CERTIFICATE });
    await once(connection, "secureConnect");
    return new AgentOfOne(connection);
  }

  override createConnection(): TLSSocket {
    return this.#connection;
  }
}

describe("a secure WebSocket that is astray", () => {
  const CLIENTS = 5;
  const MEGABYTES = 30;
  /** What a worker may grow by that only passes bytes on: buffers of V8 and OpenSSL for a few connections. Bytes. */
  const BOUND = 48 << 20;
  let fleet: Fleet;
  let sockets: Socket[];

  beforeAll(async () => {
    // All sessions of one address belong to one slot, so that whatever another worker accepts is a stray.
    fleet = await start("https", "--policy", "ip-hash");
    const first = newClient(urlOf(fleet), "polling", ANY_CERTIFICATE);
    await connected(first);
    const owner = slotOf(first);
    first.disconnect();
    const agents = await whileStopped([await fleet.pidOf(owner)], () =>
      Promise.all(Array.from({ length: CLIENTS }, () => AgentOfOne.connect(fleet.port))),
    );
    // The type knows no agents of Node; the client takes them.
    const options = agents.map((agent) => ({ ...ANY_CERTIFICATE, agent: agent as unknown as string }));
    sockets = options.map((option) => newClient(urlOf(fleet), "websocket", option));
    await Promise.all(sockets.map(connected));
    expect(sockets.map(slotOf)).toEqual(Array(CLIENTS).fill(owner));
    await moreStrays(fleet, "upgradesTunnelled", CLIENTS - 1);
  });
  afterAll(async () => {
    for (const socket of sockets) socket.disconnect();
    expect(await fleet.stop()).toBe(0);
  });

  it("echoes large messages whole", async () => {
    const data = randomBytes(4 << 20);
    const answers = await Promise.all(sockets.map((socket) => socket.emitWithAck("echo", data)));
    for (const answer of answers) expect(data.equals(answer as Buffer)).toBe(true);
  });

  it("holds back a sender whose reader is slow: no worker in between stores what nobody reads", async () => {
    const before = await memoryInBetween();
    const received = sockets.map((socket) => {
      webSocketOf(socket).pause();
      return blocks(socket, MEGABYTES);
    });
    for (const socket of sockets) socket.emit("send", MEGABYTES, 1);
    const grown = await highestMemory(before);
    for (const socket of sockets) webSocketOf(socket).resume();
    for (const turns of await Promise.all(received)) expect(turns).toEqual([...Array(MEGABYTES).keys()]);
    expect(grown).toBeLessThan(BOUND);
  });

  it("holds back a client whose owner is busy", async () => {
    const before = await memoryInBetween();
    const data = randomBytes(MEGABYTES << 20);
    const digest = createHash("md5").update(data).digest("hex");
    sockets[0]?.emit("stand still", 3000);
    const answers = Promise.all(sockets.map((socket) => socket.emitWithAck("digest", data)));
    const grown = await highestMemory(before);
    for (const answer of await answers) expect(answer).toBe(digest);
    expect(grown).toBeLessThan(BOUND);
  });

  /** Resident bytes of the workers that own none of the sessions. */
  async function memoryInBetween(): Promise<number[]> {
    const owner = slotOf(sockets[0] as Socket);
    const { workers } = await fleet.status();
    return workers.filter(({ slot }) => slot !== owner).map(({ snapshot }) => snapshot?.rss ?? 0);
  }

  /** The most that one of them grew by, over as long as it takes two snapshots to come. */
  async function highestMemory(before: readonly number[]): Promise<number> {
    let highest = 0;
    for (let look = 0; look < 10; look++) {
      const now = await memoryInBetween();
      for (const [index, rss] of now.entries()) highest = Math.max(highest, rss - (before[index] ?? 0));
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    return highest;
  }
});

type WebSocketOfNode = { pause(): void; resume(): void };

function webSocketOf(socket: Socket): WebSocketOfNode {
  return (socket.io.engine.transport as unknown as { ws: WebSocketOfNode }).ws;
}

/** Resolves with the numbers of the blocks in the order of their arrival. */
function blocks(socket: Socket, count: number): Promise<number[]> {
  return new Promise((resolve) => {
    const turns: number[] = [];
    socket.on("block", (turn: number, block: Buffer) => {
      turns.push(block.length === 1 << 20 && block[0] === turn ? turn : -1);
      if (turns.length === count) resolve(turns);
    });
  });
}

it.each(["https", "http2"])("idle %s connections do not hold up the end of the fleet", async (kind) => {
  const fleet = await start(kind);
  const agent = new Agent({ keepAlive: true, maxSockets: 6, ...ANY_CERTIFICATE });
  await Promise.all(Array.from({ length: 6 }, () => plain(fleet.port, agent)));
  const connection = kind === "http2" ? await Http2Connection.open(urlOf(fleet)) : undefined;
  await connection?.send("/plain");
  const began = Date.now();
  expect(await fleet.stop()).toBe(0);
  expect(Date.now() - began).toBeLessThan(QUICK);
  agent.destroy();
  connection?.close();
});

function plain(port: number, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = get({ port, host: "127.0.0.1", path: "/plain", agent }, (response) => {
      response.resume().on("end", resolve);
    });
    sent.on("error", reject);
  });
}
