/**
 * Worker: the link between two workers over which sessions move. Frames as on every link; one that brings a descriptor is small and
 * comes with it. What is sent leaves at once: the other side is waiting.
 */

import type { Socket } from "node:net";
import { deserialize, serialize } from "node:v8";
import { FrameError, FrameReader, frameHeader } from "../../protocol/frames.js";
import { DescriptorPipe } from "../internals/descriptor-pipe.js";
import type { RawHandle } from "../internals/handles.js";

export const HandoffFrame = {
  /** Old worker: what the new one must know before the first session. Answered by READY. */
  BEGIN: 10,
  READY: 11,
  /** One session; `stream` is its number in the batch. A WebSocket's descriptor follows. */
  SESSION: 12,
  DESCRIPTOR: 13,
  /** These were all sessions of a batch: build them, and tell nobody. Answered by BUILT. */
  BATCH: 14,
  BUILT: 15,
  /** The batch is the new worker's. Answered by RESUMED. */
  GO: 16,
  RESUMED: 17,
  /** The batch stays the old worker's. */
  ABORT: 18,
  /** Something that happened to a session where it is not any more, or not yet. */
  LATE: 19,
  /** A connection for the other one; `stream` counts them, the descriptor follows. Answered by PASSED, with whether it was taken. */
  PASS: 20,
  PASSED: 21,
  /** All that could move has: is the new worker still there? Answered by SERVING. */
  SERVES: 22,
  SERVING: 23,
} as const;

export type HandoffLinkHandlers = {
  /** @param value what the other side sent, cloned */
  frame(type: number, stream: number, value: unknown): void;
  /** Of frames that announced one, in their order. */
  descriptor(stream: number, handle: RawHandle): void;
  /** Once. The other side is dead, closed the link, or sent what makes no sense. */
  close(reason: string): void;
};

export class HandoffLink {
  readonly #pipe: DescriptorPipe;
  readonly #handlers: HandoffLinkHandlers;
  #closed = false;

  /** @param connection a Unix socket on which both sides have said hello @throws {Error} see {@link DescriptorPipe} */
  constructor(connection: Socket, head: Buffer, handlers: HandoffLinkHandlers) {
    this.#handlers = handlers;
    this.#pipe = new DescriptorPipe(connection);
    const reader = new FrameReader((type, stream, payload) => this.#onFrame(type, stream, payload));
    const { socket } = this.#pipe;
    socket.on("data", (chunk: Buffer) => this.#guard(() => reader.push(chunk)));
    socket.on("error", () => {});
    socket.on("close", () => this.close("the other worker is gone"));
    if (head.length > 0) this.#guard(() => reader.push(head));
    socket.resume();
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** @throws a DataCloneError for what cannot be cloned; nothing was sent then */
  send(type: number, stream: number, value?: unknown, descriptor?: RawHandle): void {
    const payload = value === undefined ? EMPTY : serialize(value);
    if (this.#closed) return;
    this.#pipe.write(Buffer.concat([frameHeader(type, stream, payload.length), payload]));
    if (descriptor !== undefined)
      this.#pipe.writeWith(frameHeader(HandoffFrame.DESCRIPTOR, stream, 0), descriptor);
  }

  close(reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#pipe.close();
    this.#handlers.close(reason);
  }

  #onFrame(type: number, stream: number, payload: Buffer): void {
    if (this.#closed) return;
    if (type !== HandoffFrame.DESCRIPTOR) {
      this.#handlers.frame(type, stream, payload.length === 0 ? undefined : deserialize(payload));
      return;
    }
    const handle = this.#pipe.take();
    if (handle === undefined) throw new FrameError("a descriptor that did not come");
    this.#handlers.descriptor(stream, handle);
  }

  /** What the app throws is the app's; what makes no sense ends the link. */
  #guard(read: () => void): void {
    try {
      read();
    } catch (error) {
      this.close((error as Error).message);
    }
  }
}

const EMPTY = Buffer.alloc(0);
