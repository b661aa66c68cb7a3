/**
 * Worker: one session of a server of its own, with the app's own copy of socket.io, on TCP loopback: it is taken apart and built again from its
 * record, and then something goes each way. Nothing of it is the app's, and no other worker hears of it.
 */

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, Server as NetServer, type Server } from "node:net";
import { AdoptedEngine } from "../../adopted-engine.js";
import { buildApart } from "../../apart.js";
import { followDeflate } from "../../internals/deflate.js";
import type { Engine } from "../../internals/engine.js";
import { engineInside } from "../../internals/engine-session.js";
import { SessionCount } from "../../session-count.js";
import { createSessionCodec } from "../session/create-session-codec.js";
import { RequestsUnderWay } from "../session/requests-under-way.js";
import type { Arrived, Departed, LateMessage, Movable, SessionCodec } from "../session-codec.js";
import { LoopbackClient, type WebSocketClass } from "./loopback-client.js";

type Socket = {
  readonly id: string;
  readonly recovered: boolean;
  readonly rooms: ReadonlySet<string>;
  data: unknown;
  join(room: string): void;
  on(event: string, listener: (...args: never[]) => void): void;
  emit(event: string, ...args: unknown[]): void;
};
type SocketIo = {
  readonly engine: Engine;
  of(namespace: string): {
    on(event: "connection", listener: (socket: Socket) => void): void;
    to(room: string): { emit(event: string): void };
  };
  close(): unknown;
};
export type SocketIoClass = new (http: Server, options: object) => SocketIo;

const NAMESPACE = "/self-test";
const ROOM = "room";
const DATA = { kept: [1, "two"] };

/** As Node has it: Holdfast's own takes descriptors from the primary, for servers of the app. */
const plainListen = NetServer.prototype.listen as (this: Server, port: number, host: string) => Server;

export class Trial {
  /** What it is about. */
  step = "a server listens";
  readonly #http = createServer();
  readonly #sockets: Socket[] = [];
  readonly #heard: unknown[] = [];
  #io: SocketIo | undefined;
  #client: LoopbackClient | undefined;

  /** @throws whatever is not as it must be */
  async run(SocketIo: SocketIoClass, compressed: boolean): Promise<void> {
    plainListen.call(this.#http, 0, "127.0.0.1").unref();
    await once(this.#http, "listening");
    // It listens already: engine.io would begin anew when it does.
    const options = {
      serveClient: false,
      transports: ["websocket"],
      perMessageDeflate: compressed && { threshold: 0 },
    };
    const io = buildApart(() => new SocketIo(this.#http, options));
    this.#io = io;
    if (compressed) followDeflate(io.engine);
    io.of(NAMESPACE).on("connection", (socket) => this.#onConnection(socket));
    const [from, to] = this.#codecs(io.engine);
    const client = await this.#connect(io.engine);
    const question = await this.#enter(client);
    await this.#move(from, to);
    await this.#talk(client, question, io);
  }

  close(): void {
    this.#client?.close();
    this.#http.closeAllConnections();
    this.#io?.close();
  }

  /** The app of this session. */
  #onConnection(socket: Socket): void {
    this.#sockets.push(socket);
    socket.on("echo", (text: string, answer: (text: string) => void) => answer(text));
    socket.on("disconnect", (reason: string) => this.#heard.push(reason));
    if (socket.recovered) return;
    socket.data = DATA;
    socket.join(ROOM);
    socket.emit("question", (answer: unknown) => this.#heard.push(answer));
  }

  /** Of the worker that gives the session away, and of the one that it comes to. */
  #codecs(engine: Engine): [SessionCodec, SessionCodec] {
    const sessions = new SessionCount(() => {});
    const requests = new RequestsUnderWay();
    const adopted = [new AdoptedEngine(engine, 0, { prefix: "", sessions, underWay: requests })];
    const codec = (): SessionCodec => createSessionCodec({ engines: () => adopted, sessions, requests });
    return [codec(), codec()];
  }

  async #connect(engine: Engine): Promise<LoopbackClient> {
    this.step = "a client connects";
    const { port } = this.#http.address() as AddressInfo;
    const WebSocket = engineInside(engine).ws?.options.WebSocket as unknown as WebSocketClass;
    const url = `ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`;
    const client = new LoopbackClient(WebSocket, url, NAMESPACE);
    this.#client = client;
    assert.match(await client.next(), /^0/);
    return client;
  }

  /** @returns the number under which the client is asked a question */
  async #enter(client: LoopbackClient): Promise<string> {
    this.step = "the client enters a namespace";
    client.send("0");
    assert.match(await client.next(), /^40/);
    const [, question] = /^42(\d+)\["question"\]$/.exec(await client.next()) ?? [];
    assert.ok(question !== undefined);
    return question;
  }

  async #move(from: SessionCodec, to: SessionCodec): Promise<void> {
    this.step = "the session leaves";
    const early: LateMessage[] = [];
    let arrived: Arrived | undefined;
    const departed = await depart(from, (message) => {
      if (arrived === undefined) early.push(message);
      else arrived.late(message);
    });
    this.step = "the session is built again";
    to.adoptShared(structuredClone(from.shared()));
    arrived = to.build(structuredClone(departed.record), departed.handle, (message) =>
      departed.late(message),
    );
    await arrived.ready;
    arrived.announce();
    arrived.resume();
    for (const message of early) arrived.late(message);
    departed.accepted();
  }

  async #talk(client: LoopbackClient, question: string, io: SocketIo): Promise<void> {
    this.step = "the app sees the session again";
    const [before, after] = this.#sockets;
    assert.ok(before !== undefined && after?.recovered === true);
    assert.equal(after.id, before.id);
    assert.deepEqual(after.data, DATA);
    assert.ok(after.rooms.has(ROOM));
    this.step = "the client hears the app";
    io.of(NAMESPACE).to(ROOM).emit("news");
    assert.equal(await client.next(), '42["news"]');
    this.step = "the app hears the client";
    client.send("3", `${question}["answer"]`);
    client.send("2", '7["echo","text"]');
    assert.equal(await client.next(), '437["text"]');
    assert.deepEqual(this.#heard, ["server handoff", "answer"]);
  }
}

async function depart(codec: SessionCodec, late: (message: LateMessage) => void): Promise<Departed> {
  for (;;) {
    const [session] = codec.sessions();
    assert.ok(session !== undefined);
    const departed = await departOnce(session, late);
    if (departed !== "wait") return departed;
  }
}

async function departOnce(
  session: Movable,
  late: (message: LateMessage) => void,
): Promise<Departed | "wait"> {
  session.freeze();
  await turn();
  await turn();
  const departed = session.depart(late);
  if (departed === "wait") session.thaw();
  else if (typeof departed === "string") throw new Error(`it stays: ${departed}`);
  else departed.tellApp();
  return departed;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
