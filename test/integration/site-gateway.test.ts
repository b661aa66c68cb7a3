/** Promise: the gateway lets in who knows the site's secret, and nobody and nothing else; whoever else comes is closed and counted. */

import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { connect as connectSecurely } from "node:tls";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Gateway, type GatewayOptions } from "../../src/bridge/gateway/gateway.js";
import { encodeFrame } from "../../src/protocol/frames.js";
import { type LinkTerms, linkHeaders, newNonce, proofOf } from "../../src/protocol/gateway-handshake.js";
import { HELLO_TYPE } from "../../src/protocol/hello.js";
import { LinkServer } from "../../src/protocol/link-server.js";
import { workerSocket } from "../../src/protocol/runtime-directory.js";
import { dialGateway } from "../../src/worker/remote/dial-gateway.js";
import { makeSiteCertificates } from "../helpers/site/certificates.js";
import { temporaryDirectory } from "../helpers/temporary.js";

const SECRET = "5ec4e7";
const HERE = 2;
const THERE = 1;

let folder: { path: string; remove(): void };
let worker: LinkServer;
let gateway: Gateway;
let port: number;
/** What arrived at the worker behind its hello. */
let arrived: Socket[];
let problems: string[];
let open: { destroy(): void }[];

beforeEach(async () => {
  folder = temporaryDirectory();
  [arrived, problems, open] = [[], [], []];
  worker = new LinkServer({
    identity: { host: HERE, slot: 0, incarnation: "w", generation: 1 },
    fleet: "far",
    path: workerSocket(folder.path, 0, "w"),
  });
  worker.onLink("forward", ({ socket }) => arrived.push(socket));
  await worker.listen();
  await start({});
});
afterEach(() => {
  for (const one of [...open, ...arrived]) one.destroy();
  gateway.close();
  worker.close();
  folder.remove();
});

async function start(options: Partial<GatewayOptions>): Promise<void> {
  gateway = new Gateway({
    listen: { host: "127.0.0.1", port: 0 },
    self: () => ({
      identity: { host: HERE, slot: 1296, incarnation: "b", generation: 1 },
      fleet: "far",
      secret: SECRET,
    }),
    resolve: () => worker.path,
    onProblem: (sentence) => problems.push(sentence),
    ...options,
  });
  ({ port } = await gateway.listen());
}

const host = (at: number) => ({ host: HERE, token: "t", address: "127.0.0.1", port: at });
const secret = { secret: SECRET };

/** A link as a worker opens it. */
async function link(access = secret, at = port): Promise<Socket> {
  const { socket, head } = await dialGateway(THERE, host(at), 0, access);
  expect(head.length).toBe(0);
  open.push(socket);
  return socket;
}

/** A bare connection. */
async function stranger(): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  open.push(socket);
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
}

const terms = (changed: Partial<LinkTerms> = {}): LinkTerms => ({
  from: THERE,
  to: HERE,
  slot: 0,
  nonce: newNonce(),
  ...changed,
});

const request = (asked: LinkTerms, headers: Record<string, string> = {}): string =>
  `GET /link HTTP/1.1\r\nHost: far\r\n${Object.entries({ ...linkHeaders(asked), ...headers })
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join("")}\r\n`;

/** Reads until there is as much as is wanted. */
async function read(socket: Socket, enough: (text: string) => boolean): Promise<string> {
  let text = "";
  // Whoever read the handshake left it paused.
  socket.resume();
  while (!enough(text)) text += ((await once(socket, "data")) as [Buffer])[0].toString("latin1");
  return text;
}

/** However it came about. */
async function isClosed(socket: Socket): Promise<void> {
  socket.resume();
  if (!socket.closed) await new Promise((resolve) => socket.once("close", resolve));
}

describe("who knows the secret", () => {
  it("is joined with the worker, byte for byte, both ways, and is held up by one that does not read", async () => {
    const socket = await link();
    const inner = arrived[0] as Socket;
    const sent = Buffer.alloc(20_000_000, "x");
    const full = !socket.write(sent);
    expect(full).toBe(true);
    inner.write("back");
    expect(await read(socket, (text) => text.length >= 4)).toBe("back");
    // Nobody has read a byte of it: most waits at the sender, and not in the gateway.
    expect(socket.writableLength).toBeGreaterThan(sent.length / 2);
    let bytes = 0;
    inner.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
    });
    inner.resume();
    while (bytes < sent.length) await once(inner, "data");
    expect(bytes).toBe(sent.length);
    expect(gateway.counters).toEqual({ accepted: 1, open: 1, refused: 0 });
  });

  it("loses the link when the worker closes it, and the worker when he does", async () => {
    const first = await link();
    arrived[0]?.destroy();
    await isClosed(first);
    const second = await link();
    second.destroy();
    await isClosed(arrived[1] as Socket);
    expect(gateway.counters).toMatchObject({ accepted: 2, refused: 0 });
  });

  it("is told when no worker lives, and that is no attack", async () => {
    gateway.close();
    await start({ resolve: () => undefined });
    await expect(link()).rejects.toThrow(
      "The worker of slot 0 cannot be reached: no worker of this host lives",
    );
    expect(gateway.counters).toEqual({ accepted: 0, open: 0, refused: 0 });
  });
});

describe("who does not know it", () => {
  it("is refused, and learns nothing that depends on it", async () => {
    await expect(link({ secret: "another" })).rejects.toThrow("closed the link");
    expect(gateway.counters).toEqual({ accepted: 0, open: 0, refused: 1 });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain("from 127.0.0.1 was refused: it does not know the secret of this site");
  });

  it("may not say again what another said", async () => {
    const asked = terms();
    const first = await stranger();
    first.write(request(asked));
    const answer = await read(first, (text) => text.endsWith("\r\n\r\n"));
    const nonce = /holdfast-nonce: ([0-9a-f]{64})/.exec(answer)?.[1] as string;
    const proof = encodeFrame(HELLO_TYPE, 0, proofOf(SECRET, "dialler", asked, nonce));
    first.write(proof);
    await once(first, "data");
    expect(gateway.counters.accepted).toBe(1);
    const again = await stranger();
    again.write(request(asked));
    await read(again, (text) => text.endsWith("\r\n\r\n"));
    again.write(proof);
    await isClosed(again);
    expect(gateway.counters).toMatchObject({ accepted: 1, refused: 1 });
  });

  it("may not hand the gateway's own proof back to it, nor use one that was made for another slot", async () => {
    for (const [role, slot] of [
      ["gateway", 0],
      ["dialler", 1],
    ] as const) {
      const asked = terms();
      const socket = await stranger();
      socket.write(request(asked));
      const answer = await read(socket, (text) => text.endsWith("\r\n\r\n"));
      const nonce = /holdfast-nonce: ([0-9a-f]{64})/.exec(answer)?.[1] as string;
      socket.write(encodeFrame(HELLO_TYPE, 0, proofOf(SECRET, role, { ...asked, slot }, nonce)));
      await isClosed(socket);
    }
    expect(gateway.counters).toMatchObject({ accepted: 0, refused: 2 });
  });

  it("is not believed when he plays the gateway", async () => {
    const impostor: Server = createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => {
        socket.write(
          `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: holdfast-forward\r\nholdfast-nonce: ${newNonce()}\r\n\r\n`,
        );
        socket.once("data", () => socket.write(encodeFrame(1, 0, Buffer.alloc(32, 7))));
      });
    }).listen(0, "127.0.0.1");
    await once(impostor, "listening");
    await expect(link(secret, (impostor.address() as { port: number }).port)).rejects.toThrow(
      "The gateway does not know the secret of this site.",
    );
    impostor.close();
  });
});

describe("whatever else comes", () => {
  it.each([
    ["noise", "\x16\x03\x01\x02\x00 noise \r\n\r\n"],
    ["an ordinary request", "GET / HTTP/1.1\r\nHost: far\r\n\r\n"],
    [
      "another upgrade",
      "GET /link HTTP/1.1\r\nHost: far\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    ],
    ["another version", request(terms(), { "holdfast-version": "0" })],
    ["another host's", request(terms({ to: 7 }))],
    ["its own host", request(terms({ from: HERE }))],
    ["a host that cannot be", request(terms(), { "holdfast-link": "from=9999 to=2 slot=0" })],
    ["a nonce that is none", request(terms({ nonce: "short" }))],
    ["bytes before its turn", `${request(terms())}0000`],
    ["a request above 4 KiB", request(terms(), { cookie: "x".repeat(5000) })],
  ])("is closed and counted, once: %s", async (_what, bytes) => {
    const socket = await stranger();
    socket.write(Buffer.from(bytes, "latin1"));
    await isClosed(socket);
    expect(gateway.counters).toEqual({ accepted: 0, open: 0, refused: 1 });
    expect(problems).toHaveLength(1);
    expect(arrived).toEqual([]);
  });

  it("has a short time for its handshake; no more than 64 may be at it, and those that are links already do not count", async () => {
    gateway.close();
    await start({ handshakeTimeout: 1000 });
    const standing = await link();
    const half = [await stranger(), await stranger(), await stranger()];
    half[1]?.write("GET /link HTTP/1.1\r\nHost: ");
    half[2]?.write(request(terms()));
    const others = await Promise.all(Array.from({ length: 61 }, stranger));
    const oneTooMany = await stranger();
    await isClosed(oneTooMany);
    expect(problems[0]).toContain("64 others have not shown who they are yet");
    await Promise.all([...half, ...others].map(isClosed));
    expect(gateway.counters).toEqual({ accepted: 1, open: 1, refused: 65 });
    expect(problems).toHaveLength(1);
    expect(standing.closed).toBe(false);
    await link();
  });
});

describe("with TLS", () => {
  it("lets in who has a certificate of the site's authority, and hears nobody else", async () => {
    gateway.close();
    const tls = makeSiteCertificates(folder.path);
    await start({ tls });
    const socket = await link({ ...secret, tls } as typeof secret);
    socket.write("through");
    expect(await read(arrived[0] as Socket, (text) => text.length >= 7)).toBe("through");
    const naked = connectSecurely({ port, host: "127.0.0.1", rejectUnauthorized: false });
    naked.on("error", () => {});
    open.push(naked);
    naked.write(request(terms()));
    await isClosed(naked);
    const plain = await stranger();
    plain.write(request(terms()));
    await isClosed(plain);
    expect(gateway.counters).toEqual({ accepted: 1, open: 1, refused: 2 });
  });

  it("says which files cannot be used", async () => {
    const tls = {
      cert: `${folder.path}/none.pem`,
      key: `${folder.path}/none.key`,
      ca: `${folder.path}/ca.pem`,
    };
    await expect(start({ tls })).rejects.toMatchObject({ code: "ERR_SITE_TLS" });
  });
});

it("says that somebody else listens there", async () => {
  await expect(start({ listen: { host: "127.0.0.1", port } })).rejects.toMatchObject({
    code: "ERR_SITE_LISTEN",
    message: expect.stringContaining("somebody else listens there"),
  });
});
