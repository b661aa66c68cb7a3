/**
 * Protocol: one framed Unix socket between two workers. Frames sent in one turn of the loop leave in one write; while the
 * socket takes no more, they wait in a {@link Backlog}, which costs about the bytes that it holds.
 */

import type { Socket } from "node:net";
import { Backlog } from "./backlog.js";
import { FRAME_HEADER, FrameError, FrameReader, frameHeader } from "./frames.js";

const EMPTY = Buffer.alloc(0);
/** Up to here a batch is copied into one buffer. Bytes. */
const COPY_LIMIT = 32 * 1024;
/** Above it, handing the kernel a list of buffers is cheaper than copying, if they have so many bytes on the average. */
const WORTH_A_LIST = 1024;
/** What a turn gathers at most before it is written within the turn: buffers, because small ones cost several times their bytes. */
const BATCH_LIMIT = 2048;
/**
 * A link that wrote so little time ago gathers what else comes, until this time is over or nothing has come for two turns. Each write costs both
 * processes as much as a few messages, and who has nothing else to do wakes up for each. Milliseconds.
 */
const GATHER = 1;
const QUIET_TURNS = 2;
/** What is given to the socket at a time; several times what a kernel takes at once. Bytes. */
const PORTION = 1024 * 1024;

export type LinkHandlers = {
  /** A frame arrived. `payload` is a view: copy what outlives this call. */
  frame(type: number, stream: number, payload: Buffer): void;
  /** The link is gone; called once. `reason` is for logs. */
  close(reason: string): void;
  /** Something arrived, whether a whole frame or not; called before its frames. */
  heard?(): void;
  /** What arrived is no frame; the link closes. */
  malformed?(reason: string): void;
  /** The kernel took what the socket held: `queuedBytes` is smaller than it was. */
  drain?(): void;
};

export class Link {
  readonly #socket: Socket;
  readonly #handlers: LinkHandlers;
  readonly #reader: FrameReader;
  readonly #backlog = new Backlog();
  #batch: Buffer[] = [];
  #batchBytes = 0;
  #scheduled = false;
  /** When it wrote last. Milliseconds. */
  #wroteAt = Number.NEGATIVE_INFINITY;
  /** The socket holds more than it wants to: everything goes into the backlog until it drains. */
  #waiting = false;
  #ending = false;
  #closed = false;
  #reason = "closed by the other side";

  /** @param head bytes that were read from `socket` before the link took it over */
  constructor(socket: Socket, handlers: LinkHandlers, head: Buffer = EMPTY) {
    this.#socket = socket;
    this.#handlers = handlers;
    this.#reader = new FrameReader((type, stream, payload) => {
      if (!this.#closed) this.#handlers.frame(type, stream, payload);
    });
    const read = (chunk: Buffer): void => this.#read(chunk);
    socket.on("data", read);
    socket.on("drain", () => this.#onDrain());
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

  /** Bytes that the kernel has not taken yet; none after close. */
  get queuedBytes(): number {
    return this.#closed ? 0 : this.#batchBytes + this.#backlog.bytes + this.#socket.writableLength;
  }

  /** Queues one frame; it leaves at the end of this turn, or when the socket takes it. After close it is dropped. */
  send(type: number, stream: number, payload: Buffer = EMPTY): void {
    if (this.#closed || this.#ending) return;
    const header = frameHeader(type, stream, payload.length);
    if (this.#waiting) {
      this.#backlog.push(header);
      this.#backlog.push(payload);
      return;
    }
    this.#batch.push(header);
    if (payload.length > 0) this.#batch.push(payload);
    this.#batchBytes += payload.length + FRAME_HEADER;
    if (this.#batch.length >= BATCH_LIMIT || this.#batchBytes >= PORTION) this.#flush();
    else if (!this.#scheduled) this.#schedule();
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
    if (this.#closed || this.#ending) return;
    this.#flush();
    this.#ending = true;
    if (this.#backlog.bytes === 0) this.#socket.end();
  }

  /** Does not keep the process alive. */
  unref(): void {
    this.#socket.unref();
  }

  #read(chunk: Buffer): void {
    if (this.#closed) return;
    this.#handlers.heard?.();
    try {
      this.#reader.push(chunk);
    } catch (error) {
      const reason = (error as Error).message;
      if (error instanceof FrameError) this.#handlers.malformed?.(reason);
      this.close(reason);
    }
  }

  #schedule(): void {
    this.#scheduled = true;
    if (performance.now() - this.#wroteAt > GATHER) process.nextTick(() => this.#flush());
    else this.#gather(this.#batchBytes, 0);
  }

  /** @param seen bytes that there were in the turn before @param quiet turns since something came */
  #gather(seen: number, quiet: number): void {
    setImmediate(() => {
      const bytes = this.#batchBytes;
      const turns = bytes === seen ? quiet + 1 : 0;
      const goesOn = turns < QUIET_TURNS && bytes < COPY_LIMIT && performance.now() - this.#wroteAt < GATHER;
      if (goesOn) this.#gather(bytes, turns);
      else this.#flush();
    });
  }

  #flush(): void {
    this.#scheduled = false;
    const batch = this.#batch;
    if (batch.length === 0 || this.#closed) return;
    const bytes = this.#batchBytes;
    this.#batch = [];
    this.#batchBytes = 0;
    this.#wroteAt = performance.now();
    if (bytes <= COPY_LIMIT) {
      this.#write(batch.length === 1 ? batch : [Buffer.concat(batch, bytes)]);
    } else if (bytes <= PORTION && bytes >= batch.length * WORTH_A_LIST) {
      this.#write(batch);
    } else {
      for (const buffer of batch) this.#backlog.push(buffer);
      this.#writeOn();
    }
  }

  /** Portion by portion, until the socket holds one that the kernel did not take. */
  #writeOn(): void {
    while (this.#backlog.bytes > 0 && !this.#waiting) this.#write(this.#backlog.take(PORTION));
  }

  #write(buffers: readonly Buffer[]): void {
    const several = buffers.length > 1;
    if (several) this.#socket.cork();
    for (const buffer of buffers) this.#socket.write(buffer);
    if (several) this.#socket.uncork();
    this.#look();
  }

  /** What the kernel took at once leaves a `drain` behind that says nothing; only with something left it is worth waiting for. */
  #look(): void {
    this.#waiting = this.#socket.writableNeedDrain && this.#socket.writableLength > 0;
  }

  #onDrain(): void {
    this.#waiting = false;
    this.#writeOn();
    if (this.#ending && this.#backlog.bytes === 0) this.#socket.end();
    this.#handlers.drain?.();
  }

  #onClose(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#batch = [];
    this.#batchBytes = 0;
    this.#backlog.clear();
    this.#handlers.close(this.#reason);
  }
}
