/** Primary: one worker process as the primary sees it. What it decides about itself is in src/worker. */

import type { ChildProcess } from "node:child_process";
import type { ListenAddress, ToPrimary, ToWorker, WorkerSnapshot } from "../protocol/messages.js";
import { type ChannelEnd, onChannelMessage, sendOnChannel } from "../protocol/process-channel.js";
import type { Outputs } from "./output.js";
import { copyLines, Tail } from "./output.js";
import type { PassageEnd } from "./passages.js";

/**
 * The last words of a process, on its channel and its outputs, may arrive after its exit; this long they are waited for. A
 * program that the app started may hold an output open for ever. Milliseconds.
 */
const LAST_WORDS = 250;

export type WorkerIdentity = { readonly id: number; readonly slot: number; readonly generation: number };
export type WorkerExit = {
  readonly code: number | null;
  readonly signal: string | null;
  readonly problem?: string;
};

export type WorkerEvents = {
  message(worker: WorkerProcess, message: ToPrimary, handle: unknown): void;
  /** What the app itself sends with `process.send`. */
  appMessage(worker: WorkerProcess, message: unknown): void;
  /** Once; the process is gone and so is what it had to say. */
  exit(worker: WorkerProcess, exit: WorkerExit): void;
};

export class WorkerProcess implements PassageEnd {
  readonly id: number;
  readonly slot: number;
  readonly generation: number;
  readonly tail = new Tail();
  snapshot: WorkerSnapshot | null = null;
  listening: ListenAddress[] = [];
  /** When it last said anything. Milliseconds of `performance.now()`. A ready worker whose loop turns does every second. */
  heardAt = performance.now();
  readonly #child: ChildProcess;
  readonly #events: WorkerEvents;
  #exit: WorkerExit | undefined;
  #told = false;

  constructor(identity: WorkerIdentity, child: ChildProcess, outputs: Outputs, events: WorkerEvents) {
    this.id = identity.id;
    this.slot = identity.slot;
    this.generation = identity.generation;
    this.#child = child;
    this.#events = events;
    this.#copyOutput(outputs);
    this.#listen();
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  send(message: ToWorker, handle?: unknown, sent?: (error: Error | null) => void): void {
    sendOnChannel(this.#child as ChannelEnd, message, handle, sent);
  }

  /** Nothing happens when the process is gone already. */
  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  #copyOutput({ stdout, stderr, history }: Outputs): void {
    const prefix = `${this.slot} | `;
    const { slot, generation } = this;
    const keep = (stream: "stdout" | "stderr", line: Buffer): void =>
      history?.add({ slot, generation, stream, line });
    if (this.#child.stdout !== null) {
      copyLines(this.#child.stdout, stdout, prefix, (line) => keep("stdout", line));
    }
    if (this.#child.stderr !== null) {
      copyLines(this.#child.stderr, stderr, prefix, (line) => {
        this.tail.add(line);
        keep("stderr", line);
      });
    }
  }

  #listen(): void {
    onChannelMessage<ToPrimary>(this.#child as ChannelEnd, (message, handle) => {
      this.heardAt = performance.now();
      if (!this.#told) this.#events.message(this, message, handle);
      else closeIfHandle(handle);
    });
    this.#child.on("message", (message, handle) => {
      closeIfHandle(handle);
      this.#events.appMessage(this, message);
    });
    this.#child.on("exit", (code, signal) => {
      this.#exit = { code, signal };
      setTimeout(() => this.#tell(), LAST_WORDS).unref();
    });
    this.#child.on("close", () => this.#tell());
    this.#child.on("error", (error) => this.#onError(error));
  }

  /** `error` also says that a signal or a message could not be sent; only a process that never was needs a word. */
  #onError(error: Error): void {
    if (this.#child.pid !== undefined) return;
    this.#exit = { code: null, signal: null, problem: `could not be started: ${error.message}` };
    this.#tell();
  }

  #tell(): void {
    if (this.#told || this.#exit === undefined) return;
    this.#told = true;
    this.#events.exit(this, this.#exit);
  }
}

/** A descriptor that nobody expects must not stay open here. */
function closeIfHandle(handle: unknown): void {
  const { close, destroy } = (handle ?? {}) as { close?: () => void; destroy?: () => void };
  if (destroy !== undefined) destroy.call(handle);
  else close?.call(handle);
}
