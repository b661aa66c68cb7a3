/** Protocol: one framed Unix socket between two workers. Frames sent in one turn of the loop leave in one write. */

import type { Socket } from "node:net";
import { FrameReader, frameHeader } from "./frames.js";

const EMPTY = Buffer.alloc(0);
/** Below this a batch is copied into one buffer; above it, handing the kernel a list is cheaper than copying. */
const COPY_LIMIT = 32 * 1024;

export type LinkHandlers = {
  /** A frame arrived. `payload` is a view: copy what outlives this call. */
  frame(type: number, stream: number, payload: Buffer): void;
  /** The link is gone; called once. `reason` is for logs. */
  close(reason: string): void;
  /** Everything that was queued has been handed to the kernel. */
  drain?(): void;
};

export class Link {
  readonly #socket: Socket;
  #handlers: LinkHandlers;
  #batch: Buffer[] = [];
  #batchBytes = 0;
  #scheduled = false;
  #closed = false;
  #reason = "closed by the other side";

  /** @param head bytes that were read from `socket` before the link took it over */
  constructor(socket: Socket, handlers: LinkHandlers, head: Buffer = EMPTY) {
    this.#socket = socket;
    this.#handlers = handlers;
    const reader = new FrameReader((type, stream, payload) => {
      if (!this.#closed) this.#handlers.frame(type, stream, payload);
    });
    const read = (chunk: Buffer): void => {
      if (this.#closed) return;
      try {
        reader.push(chunk);
      } catch (error) {
        this.close((error as Error).message);
      }
    };
    socket.on("data", read);
    socket.on("drain", () => this.#handlers.drain?.());
    socket.on("error", (error) => {
      this.#reason = error.message;
    });
    socket.on("close", () => this.#onClose());
    if (head.length > 0) process.nextTick(read, head);
    // Whoever read the hello left the socket paused; this runs after the head above.
    socket.resume();
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Bytes that the kernel has not taken yet. */
  get queuedBytes(): number {
    return this.#batchBytes + this.#socket.writableLength;
  }

  /** Queues one frame; it leaves at the end of this turn. After close it is dropped. */
  send(type: number, stream: number, payload: Buffer = EMPTY): void {
    if (this.#closed) return;
    this.#batch.push(frameHeader(type, stream, payload.length));
    if (payload.length > 0) this.#batch.push(payload);
    this.#batchBytes += payload.length + 9;
    if (this.#scheduled) return;
    this.#scheduled = true;
    process.nextTick(() => this.#flush());
  }

  /** Closes at once; what is queued is dropped. `reason` reaches this side's `close` handler. */
  close(reason: string): void {
    if (this.#closed) return;
    this.#reason = reason;
    this.#socket.destroy();
    this.#onClose();
  }

  /** Sends what is queued, then closes. */
  end(): void {
    this.#flush();
    this.#socket.end();
  }

  /** Does not keep the process alive. */
  unref(): void {
    this.#socket.unref();
  }

  #flush(): void {
    this.#scheduled = false;
    const batch = this.#batch;
    if (batch.length === 0 || this.#closed) return;
    const bytes = this.#batchBytes;
    this.#batch = [];
    this.#batchBytes = 0;
    if (bytes <= COPY_LIMIT) {
      this.#socket.write(batch.length === 1 ? (batch[0] as Buffer) : Buffer.concat(batch, bytes));
      return;
    }
    this.#socket.cork();
    for (const buffer of batch) this.#socket.write(buffer);
    this.#socket.uncork();
  }

  #onClose(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#batch = [];
    this.#batchBytes = 0;
    this.#handlers.close(this.#reason);
  }
}
