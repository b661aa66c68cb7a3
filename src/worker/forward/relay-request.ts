/** Worker (accepting): carries one request to its owner and the owner's answer back, with backpressure both ways. */

import type { IncomingMessage, ServerResponse } from "node:http";
import { encodeCredit, Forward } from "../../protocol/forward-frames.js";
import type { Carried } from "./carried.js";
import { HURRY } from "./forwarded-socket.js";
import { PacedWriter } from "./paced-writer.js";
import { type ResponseHead, ResponseHeadReader } from "./response-head.js";
import type { StreamTable } from "./stream-table.js";
import { ReceiveWindow, SendWindow } from "./window.js";

export type Relay = {
  readonly table: StreamTable;
  readonly carried: Pick<Carried, "request">;
  readonly stream: number;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: boolean;
  readonly lost: () => void;
};

export function relayRequest(relay: Relay): void {
  const { table, carried, stream, request, response } = relay;
  let finished = false;
  const hurry = (): void => {
    if (!response.headersSent) response.shouldKeepAlive = false;
    table.link.send(Forward.HURRY, stream);
  };
  // It came by a third worker.
  request.socket.on(HURRY, hurry);
  const finish = (): void => {
    finished = true;
    request.socket.off(HURRY, hurry);
    gone();
    table.delete(stream);
  };
  const answer = new Answer(relay);
  const upload = relay.body ? sendBody(relay) : undefined;
  table.add(stream, {
    data: (chunk) => answer.data(chunk),
    end: () => {
      finish();
      upload?.stop();
      answer.end();
    },
    credit: (bytes) => upload?.grant(bytes),
    abort: () => {
      finish();
      upload?.stop();
      ownerLost(relay);
    },
  });
  const gone = carried.request(hurry);
  response.once("close", () => {
    if (finished) return;
    finish();
    upload?.stop();
    table.link.send(Forward.ABORT, stream);
  });
  request.on("error", () => {});
}

/** The owner's process died, or it gave the request up. */
function ownerLost({ request, response, body, lost }: Relay): void {
  if (response.headersSent || body) {
    // Half an answer cannot be taken back, and what remains of a body must never be read as the next request.
    request.socket.destroy();
    return;
  }
  lost();
}

/** Writes the owner's answer to the client. */
class Answer {
  readonly #relay: Relay;
  readonly #reader = new ResponseHeadReader();
  readonly #writer: PacedWriter;
  #held: { head: ResponseHead; rest: Buffer } | undefined;
  #started = false;

  constructor(relay: Relay) {
    this.#relay = relay;
    const { table, stream, response } = relay;
    const window = new ReceiveWindow((bytes) => table.link.send(Forward.CREDIT, stream, encodeCredit(bytes)));
    this.#writer = new PacedWriter(response, (bytes) => window.consumed(bytes));
  }

  data(chunk: Buffer): void {
    if (this.#started) {
      this.#write(chunk);
      return;
    }
    try {
      this.#held = this.#reader.push(chunk);
    } catch {
      this.#relay.request.socket.destroy();
      return;
    }
    if (this.#held === undefined) return;
    this.#started = true;
    // One turn later an END may have come by: then the whole answer leaves in one write.
    process.nextTick(() => this.#flush());
  }

  end(): void {
    const { response } = this.#relay;
    const held = this.#held;
    this.#held = undefined;
    if (held === undefined) {
      response.end();
      return;
    }
    this.#writeHead(held.head);
    response.end(held.rest);
  }

  #flush(): void {
    const held = this.#held;
    if (held === undefined) return;
    this.#held = undefined;
    this.#writeHead(held.head);
    this.#write(held.rest);
  }

  #write(chunk: Buffer): void {
    this.#flush();
    if (chunk.length > 0) this.#writer.write(chunk);
  }

  #writeHead({ status, message, headers }: ResponseHead): void {
    const { request, response } = this.#relay;
    if (response.headersSent || response.destroyed) return;
    // HTTP/2 has no status message.
    if (request.httpVersionMajor >= 2) response.writeHead(status, grouped(headers));
    // Behind headers that a framework has set, Node keeps only the last of several with one name in a list.
    else if (response.getHeaderNames().length > 0) response.writeHead(status, message, grouped(headers));
    else response.writeHead(status, message, headers);
  }
}

/** All values of each name, in lower case. */
function grouped(headers: string[]): Record<string, string | string[]> {
  const object: Record<string, string | string[]> = {};
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = (headers[index] as string).toLowerCase();
    const value = headers[index + 1] as string;
    const before = object[name];
    object[name] = before === undefined ? value : [...(Array.isArray(before) ? before : [before]), value];
  }
  return object;
}

/** Sends the request's body as the owner takes it. */
function sendBody({ table, stream, request }: Relay): { grant(bytes: number): void; stop(): void } {
  const window = new SendWindow((chunk) => table.link.send(Forward.DATA, stream, chunk));
  const onData = (chunk: Buffer): void => {
    let left = false;
    const atOnce = window.write(chunk, () => {
      left = true;
      if (request.isPaused()) request.resume();
    });
    if (!atOnce && !left) request.pause();
  };
  const onEnd = (): void => window.finish(() => table.link.send(Forward.END, stream));
  request.on("data", onData);
  request.once("end", onEnd);
  return {
    grant: (bytes) => window.grant(bytes),
    stop: () => {
      request.off("data", onData).off("end", onEnd);
      // The rest of a body that nobody wants is read and dropped, so that the connection stays usable.
      if (!request.readableEnded) request.resume();
    },
  };
}
