/** Promise: what cannot move says why, and is as it was; what only cannot move now, moves later. */

import { readFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { createRequire } from "node:module";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { makeCertificate } from "../helpers/certificate.js";
import { temporaryDirectory } from "../helpers/temporary.js";
import { frame, RawClient } from "./handoff-codec/raw-client.js";
import { depart, type Setup, TwoApps, until } from "./handoff-codec/two-apps.js";

const setup: Setup = (io) =>
  io.on("connection", (socket) => socket.on("echo", (value, answer) => answer(value)));

let both: TwoApps;
afterEach(() => both.close());

const obstacle = (): unknown[] => {
  const session = both.old.session();
  return [session.obstacle(), session.waitingFor()];
};

describe("a session", () => {
  it("whose data cannot be cloned stays, and serves on", async () => {
    both = await TwoApps.start(setup);
    const client = await both.connect();
    both.old.socket(client.id).data.callback = () => {};
    const session = both.old.session();
    session.freeze();
    expect(session.depart(() => {})).toBe("data");
    session.thaw();
    expect(session.open).toBe(true);
    expect(await client.emitWithAck("echo", 1)).toBe(1);
    expect(both.old.ends).toEqual([]);
  });

  it("whose TLS ends here stays, unless it polls", async () => {
    const folder = temporaryDirectory();
    const paths = makeCertificate(folder.path);
    const [key, cert] = [readFileSync(paths.key), readFileSync(paths.cert)];
    folder.remove();
    both = await TwoApps.start(setup, {}, { createHttp: () => createTlsServer({ key, cert }) as never });
    const url = `https://127.0.0.1:${both.old.port}`;
    const client = await both.connect({ rejectUnauthorized: false } as object, "/", url);
    expect(obstacle()).toEqual(["tls", undefined]);
    client.disconnect();
    await until(() => both.old.codec.sessions().length === 0);
    const polling = await both.connect(
      { rejectUnauthorized: false, transports: ["polling"] } as object,
      "/",
      url,
    );
    await both.move();
    expect(both.new.socket(polling.id).handshake.secure).toBe(true);
    expect(await polling.emitWithAck("echo", 1)).toBe(1);
  });

  it("whose bytes come through another worker stays", async () => {
    both = await TwoApps.start(setup);
    const { http } = both.old;
    const [upgrade] = http.listeners("upgrade") as ((...args: unknown[]) => void)[];
    http.removeAllListeners("upgrade");
    http.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) =>
      upgrade?.call(http, request, Duplex.from({ readable: socket, writable: socket }), head),
    );
    await both.connect();
    expect(obstacle()).toEqual(["tunnel", undefined]);
  });

  it("of Engine.IO alone stays", async () => {
    const { Server } = createRequire(import.meta.url)("engine.io") as {
      Server: new () => { attach(http: unknown, options: object): void };
    };
    both = await TwoApps.start((_io, { http }) => new Server().attach(http, { path: "/bare/" }));
    const client = new WebSocket(`ws://127.0.0.1:${both.old.port}/bare/?EIO=4&transport=websocket`);
    await new Promise((resolve) => client.once("open", resolve));
    await until(() => both.old.codec.sessions().length === 1);
    expect(obstacle()).toEqual(["engine-only", undefined]);
    client.terminate();
  });

  it("that waits for a middleware of its namespace waits, and so does one of whose events a middleware thinks", async () => {
    const held: (() => void)[] = [];
    const heard: unknown[] = [];
    both = await TwoApps.start((io) => {
      io.use((_socket, next) => {
        if (armed) held.push(next);
        else next();
      });
      io.on("connection", (socket) => {
        socket.use((_event, next) => {
          held.push(next);
        });
        socket.on("hear", (value) => heard.push(value));
      });
    });
    let armed = true;
    const client = await RawClient.open(both.old.port);
    client.write(frame("40"));
    await until(() => held.length === 1);
    armed = false;
    expect(obstacle()).toEqual(["wait", "middleware"]);
    held.pop()?.();
    await client.stream.text((text) => text.startsWith("40"));
    expect(obstacle()).toEqual([undefined, undefined]);
    client.write(frame('42["hear",1]'));
    await until(() => held.length === 1);
    expect(obstacle()).toEqual(["wait", "middleware"]);
    held.pop()?.();
    await both.move();
    expect(heard).toEqual([1]);
    client.close();
  });

  it("that a namespace refused, or that has left it, does not wait for it", async () => {
    both = await TwoApps.start((io) => {
      io.of("/open");
      io.of("/closed").use((_socket, next) => next(new Error("closed")));
    });
    const client = await RawClient.enter(both.old.port);
    client.write(frame("40/open,"));
    await client.stream.text((text) => text.startsWith("40/open,"));
    client.write(frame("41/open,"));
    await until(() => both.old.io.of("/open").sockets.size === 0);
    for (const name of ["/closed", "/unknown"]) {
      client.write(frame(`40${name},`));
      await client.stream.text((text) => text.startsWith(`44${name},`));
    }
    expect(obstacle()).toEqual([undefined, undefined]);
    await both.move();
    client.close();
  });

  it("whose client does not read waits until it does, and loses nothing", async () => {
    both = await TwoApps.start(setup);
    const client = await RawClient.enter(both.old.port);
    client.connection.socket.pause();
    const [socket] = both.old.io.sockets.sockets.values();
    for (let n = 0; n < 40; n++) socket?.emit("n", n, "x".repeat(500_000));
    await until(() => both.old.session().obstacle() === "wait");
    expect(obstacle()).toEqual(["wait", "stuck-consumer"]);
    client.connection.socket.resume();
    await both.move();
    both.new.io.emit("n", 40);
    const last = '42["n",40]';
    let received = Buffer.alloc(0);
    while (!received.includes(last)) {
      received = Buffer.concat([received, client.connection.take()]);
      if (!received.includes(last)) await client.connection.more();
    }
    const order = [...received.toString("latin1").matchAll(/\["n",(\d+)/g)].map(([, n]) => Number(n));
    expect(order).toEqual([...Array(41).keys()]);
    client.close();
  });
});

describe("a WebSocket that compresses", () => {
  const connectCompressed = async (): Promise<{ client: WebSocket; messages: string[] }> => {
    const client = new WebSocket(`ws://127.0.0.1:${both.old.port}/socket.io/?EIO=4&transport=websocket`, {
      perMessageDeflate: { threshold: 0 },
    });
    const messages: string[] = [];
    client.on("message", (data) => messages.push(String(data)));
    await until(() => messages.length === 1);
    client.send("40");
    await until(() => messages.length === 2);
    return { client, messages };
  };

  it.each([
    [
      "each message is compressed for itself",
      { serverNoContextTakeover: true, clientNoContextTakeover: true },
    ],
    ["messages refer to those before them", {}],
  ])("moves where %s", async (_how, options) => {
    both = await TwoApps.start(setup, { perMessageDeflate: { threshold: 0, ...options } });
    const { client, messages } = await connectCompressed();
    for (let round = 0; round < 4; round++) {
      await both.move();
      const text = `${round}`.repeat(2000);
      client.send(`42${round}["echo","${text}"]`);
      await until(() => messages.length === 3 + round);
      expect(messages.at(-1)).toBe(`43${round}["${text}"]`);
    }
    client.terminate();
  });
});

describe("a session that cannot be built", () => {
  it.each<[string, Setup, RegExp]>([
    ["for want of a namespace", setup, /has no namespace \/second/],
    [
      "since the new app's adapter throws",
      (io) => {
        io.of("/second").adapter.addAll = () => {
          throw new Error("no room");
        };
      },
      /no room/,
    ],
  ])("%s goes back with its descriptor", async (_why, setupOfNew, error) => {
    let apps = 0;
    both = await TwoApps.start((io, app) => {
      const isOld = apps++ === 0;
      if (!isOld) return setupOfNew(io, app);
      io.of("/second").on("connection", (socket) => socket.on("echo", (value, answer) => answer(value)));
    });
    const client = await both.connect({}, "/second");
    const departed = await depart(both.old.session(), () => {});
    expect(() => both.new.codec.build(departed.record, departed.handle, () => {})).toThrow(error);
    expect([both.new.sessions.open, both.new.io.engine.clientsCount]).toEqual([0, 0]);
    const arrived = both.old.codec.build(departed.record, departed.handle, () => {});
    arrived.announce();
    arrived.resume();
    expect(await client.emitWithAck("echo", 1)).toBe(1);
  });
});
