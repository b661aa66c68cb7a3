/** Test helper: a real client of ws, and a real WebSocket of a server of ws that moves, as to another process, with no port between them. */

import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Duplex } from "node:stream";
import { type PerMessageDeflateOptions, WebSocket, WebSocketServer } from "ws";
import {
  type DeflateState,
  exportDeflate,
  followDeflate,
  importDeflate,
} from "../../src/worker/internals/deflate.js";
import { rememberClass } from "../../src/worker/internals/loaded-classes.js";

// As a worker sees them when the app loads them.
const require = createRequire(import.meta.url);
const WS = join(dirname(require.resolve("ws")), "lib");
for (const file of ["websocket.js", "permessage-deflate.js"].map((name) => join(WS, name)))
  rememberClass(file, require(file) as object);

export type MovedOptions = {
  readonly client?: PerMessageDeflateOptions;
  readonly server?: PerMessageDeflateOptions;
  /** Whether the engine is followed from the start; true by default. */
  readonly followed?: boolean;
};

/** One end of a connection; what is written here is read at the other end, whichever that is by then. */
class End extends Duplex {
  other: End | undefined;
  override _read(): void {}
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.other?.push(chunk);
    done();
  }
  setTimeout(): void {}
  setNoDelay(): void {}
}

export class MovedWebSocket {
  readonly client: WebSocket;
  server: WebSocket;
  readonly #options: MovedOptions;
  readonly #ends: readonly [End, End];

  private constructor(
    options: MovedOptions,
    client: WebSocket,
    server: WebSocket,
    ends: readonly [End, End],
  ) {
    this.#options = options;
    this.#ends = ends;
    this.client = client;
    this.server = server;
  }

  static async open(options: MovedOptions = {}): Promise<MovedWebSocket> {
    const ends = [new End(), new End()] as const;
    const [near, far] = ends;
    near.other = far;
    far.other = near;
    const http = createServer();
    const upgraded = once(http, "upgrade");
    const client = new WebSocket("ws://nowhere/", {
      createConnection: () => near as never,
      perMessageDeflate: options.client ?? true,
    });
    const opened = once(client, "open");
    http.emit("connection", far);
    const [request, socket, head] = (await upgraded) as [IncomingMessage, Duplex, Buffer];
    const engine = newEngine(options);
    const server = await new Promise<WebSocket>((resolve) =>
      engine.ws.handleUpgrade(request, socket, head, resolve),
    );
    await opened;
    return new MovedWebSocket(options, client, server, ends);
  }

  /** Of the server's end. */
  get extensions(): Record<string, object> {
    return (this.server as unknown as { _extensions: Record<string, object> })._extensions;
  }

  /** @param change what becomes of the state on the way */
  move(change: (state: DeflateState) => DeflateState = (state) => state): void {
    const state = structuredClone(exportDeflate(this.extensions));
    const [near] = this.#ends;
    const end = new End();
    near.other = end;
    end.other = near;
    const fresh = new WebSocket(null as never, undefined as never, {}) as WebSocket & {
      _isServer: boolean;
      _extensions: Record<string, object>;
      setSocket(socket: Duplex, head: Buffer, options: object): void;
    };
    fresh._isServer = true;
    fresh._extensions = importDeflate(newEngine(this.#options).ws as never, state && change(state));
    fresh.setSocket(end, Buffer.alloc(0), { allowSynchronousEvents: true, maxPayload: 1e8 });
    this.server = fresh;
  }

  /** Sends messages both ways and waits for them. @throws whatever either end says is wrong */
  async talk(toServer: readonly Buffer[], toClient: readonly Buffer[] = toServer): Promise<void> {
    const heard = [hear(this.server, toServer), hear(this.client, toClient)];
    for (const message of toServer) this.client.send(message);
    for (const message of toClient) this.server.send(message);
    await Promise.all(heard);
  }

  /** Resolves when the server has inflated so many frames of a message that has not ended. */
  async inflated(frames: number): Promise<void> {
    const { _receiver: receiver } = this.server as unknown as { _receiver: { _fragments: unknown[] } };
    while (receiver._fragments.length < frames) await new Promise((resolve) => setImmediate(resolve));
  }

  /** The client sends what somebody else compressed. */
  sendCompressed(data: Buffer): void {
    type Sender = {
      sendFrame(parts: Buffer[]): void;
      constructor: { frame(data: Buffer, options: object): Buffer[] };
    };
    const { _sender: sender } = this.client as unknown as { _sender: Sender };
    const options = { fin: true, rsv1: true, opcode: 1, mask: true, readOnly: false };
    sender.sendFrame(sender.constructor.frame(data, options));
  }
}

function newEngine({ server = {}, followed = true }: MovedOptions): { ws: WebSocketServer } {
  const engine = {
    ws: new WebSocketServer({ noServer: true, perMessageDeflate: { threshold: 0, ...server } }),
  };
  if (followed) followDeflate(engine);
  return engine;
}

function hear(socket: WebSocket, expected: readonly Buffer[]): Promise<void> {
  return new Promise((resolve, reject) => {
    let count = 0;
    const onMessage = (data: Buffer): void => {
      if (!data.equals(expected[count] as Buffer)) settle(new Error(`message ${count} is another`));
      else if (++count === expected.length) settle();
    };
    const onClose = (code: number): void => settle(new Error(`closed with ${code}`));
    function settle(error?: Error): void {
      socket.off("message", onMessage).off("error", settle).off("close", onClose);
      if (error === undefined) resolve();
      else reject(error);
    }
    socket.on("message", onMessage).on("error", settle).on("close", onClose);
    if (expected.length === 0) settle();
  });
}
