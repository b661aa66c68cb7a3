/**
 * Worker: a Unix socket between two workers that carries descriptors. Node passes them between parent and child only; the pipe
 * beneath can do it between any two. Private parts of Node, proven on 20, 22, 24 and 26:
 * - `socket._handle.constructor` is `Pipe`; `new Pipe(2)` passes descriptors (libuv's `ipc`), `open(fd)` takes a connected socket over.
 * - `handle.writeBuffer(req, buffer)`, `handle.writeLatin1String(req, text, descriptor)`; `req` is a `WriteWrap` of the binding `stream_wrap`.
 * - `handle.pendingHandle`: the descriptor that came with what is being read, set before `handle.onread`.
 */

import { Socket } from "node:net";
import type { RawHandle } from "./handles.js";

type WriteRequest = { oncomplete?: (status: number) => void; kept?: unknown };
type PipeHandle = RawHandle & {
  readonly fd: number;
  pendingHandle?: RawHandle | null;
  onread: (...args: unknown[]) => unknown;
  open(fd: number): number;
  writeBuffer(request: WriteRequest, buffer: Uint8Array): number;
  writeLatin1String(request: WriteRequest, text: string, descriptor?: RawHandle): number;
};
type PipeClass = new (type: number) => PipeHandle;
type StreamBinding = { WriteWrap: new () => WriteRequest };

const CARRIES_DESCRIPTORS = 2;

/** Whether this Node has what {@link DescriptorPipe} needs. */
export function carriesDescriptors(): boolean {
  return typeof streamBinding()?.WriteWrap === "function";
}

export class DescriptorPipe {
  /** To read from; never written to. */
  readonly socket: Socket;
  readonly #handle: PipeHandle;
  readonly #received: RawHandle[] = [];
  /** The descriptor belongs to the pipe now, and would be closed with this. */
  readonly #former: unknown;

  /**
   * Takes a connected Unix socket over, which must not be used any more. Nothing of what is to come may have been read from it.
   * @throws {Error} when the system refuses, or this Node has no such pipe
   */
  constructor(connection: Socket) {
    const former = (connection as unknown as { _handle: PipeHandle })._handle;
    const Pipe = former.constructor as PipeClass;
    former.readStop();
    const handle = new Pipe(CARRIES_DESCRIPTORS);
    const failed = handle.open(former.fd);
    if (failed !== 0) throw new Error(`a socket of its own cannot be opened as a pipe (${failed})`);
    connection.removeAllListeners();
    (connection as unknown as { _handle: null })._handle = null;
    this.#former = former;
    this.#handle = handle;
    this.socket = new Socket({ handle, manualStart: true, readable: true, writable: true } as object);
    this.socket.unref();
    const { onread } = handle;
    handle.onread = (...args) => {
      const { pendingHandle } = handle;
      if (pendingHandle) {
        handle.pendingHandle = null;
        this.#received.push(pendingHandle);
      }
      return onread.apply(handle, args);
    };
  }

  /** The next descriptor that came, in the order in which they were sent. */
  take(): RawHandle | undefined {
    return this.#received.shift();
  }

  write(bytes: Uint8Array): void {
    this.#send((request) => this.#handle.writeBuffer(request, bytes), bytes);
  }

  /** The descriptor stays this process's, too. @param bytes at least one, few */
  writeWith(bytes: Buffer, descriptor: RawHandle): void {
    this.#send(
      (request) => this.#handle.writeLatin1String(request, bytes.toString("latin1"), descriptor),
      descriptor,
    );
  }

  close(): void {
    for (const handle of this.#received.splice(0)) handle.close();
    this.socket.destroy();
    // Kept until here: were it collected, it would close a descriptor that is not its own any more.
    void this.#former;
  }

  /** A pipe that is broken says so to its reader. */
  #send(write: (request: WriteRequest) => number, kept: unknown): void {
    if (this.socket.destroyed) return;
    const { WriteWrap } = streamBinding() as StreamBinding;
    const request = new WriteWrap();
    request.kept = kept;
    request.oncomplete = () => {};
    if (write(request) !== 0) this.socket.destroy();
  }
}

function streamBinding(): StreamBinding | undefined {
  const { binding } = process as unknown as { binding?: (name: string) => StreamBinding };
  try {
    return binding?.("stream_wrap");
  } catch {
    return undefined;
  }
}
