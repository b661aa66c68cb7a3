/**
 * Worker: the streams of one forward link, at either end. A frame finds its stream by number; when the link closes, every stream is told.
 */

import type { Socket } from "node:net";
import { Forward } from "../../protocol/forward-frames.js";
import { Link } from "../../protocol/link.js";

/** One stray under way. Payloads are views: copy what outlives the call. */
export type ForwardStream = {
  data(payload: Buffer): void;
  end(): void;
  /** The other side gave up, or its process died. Called at most once, and nothing after it. */
  abort(): void;
  credit(bytes: number): void;
  /** Of a request: who carries it is about to end. */
  hurry?(): void;
};

export type TableHandlers = {
  /** A frame that opens a stream; only the side that was dialled gets any. */
  open?(type: number, stream: number, payload: Buffer): void;
  /** Something arrived. */
  heard?(): void;
  /** The owner is about to end. */
  leaving?(): void;
  /** The link is gone; called before its streams are told. */
  close(): void;
};

export class StreamTable {
  readonly link: Link;
  readonly #streams = new Map<number, ForwardStream>();
  #next = 1;

  constructor(socket: Socket, head: Buffer, handlers: TableHandlers) {
    this.link = new Link(
      socket,
      {
        frame: (type, stream, payload) => {
          if (type < Forward.DATA) handlers.open?.(type, stream, payload);
          else if (type === Forward.PING) this.link.send(Forward.PONG, 0);
          else if (type === Forward.LEAVING) handlers.leaving?.();
          else this.#toStream(type, stream, payload);
        },
        heard: () => handlers.heard?.(),
        close: () => {
          handlers.close();
          this.#abortAll();
        },
      },
      head,
    );
    this.link.unref();
  }

  get size(): number {
    return this.#streams.size;
  }

  /** A number that no stream of this link has. */
  number(): number {
    do this.#next = this.#next === 0xffffffff ? 1 : this.#next + 1;
    while (this.#streams.has(this.#next));
    return this.#next;
  }

  add(stream: number, handlers: ForwardStream): void {
    this.#streams.set(stream, handlers);
  }

  /** Frames of this stream that are still on their way are dropped. */
  delete(stream: number): void {
    this.#streams.delete(stream);
  }

  #toStream(type: number, stream: number, payload: Buffer): void {
    const handlers = this.#streams.get(stream);
    if (handlers === undefined) return;
    switch (type) {
      case Forward.DATA:
        handlers.data(payload);
        break;
      case Forward.END:
        handlers.end();
        break;
      case Forward.CREDIT:
        if (payload.length === 4) handlers.credit(payload.readUInt32BE(0));
        break;
      case Forward.HURRY:
        handlers.hurry?.();
        break;
      case Forward.ABORT:
        this.#streams.delete(stream);
        handlers.abort();
        break;
    }
  }

  #abortAll(): void {
    const streams = [...this.#streams.values()];
    this.#streams.clear();
    for (const stream of streams) stream.abort();
  }
}
