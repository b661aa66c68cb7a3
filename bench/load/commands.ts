/** Load client: what the main thread asks of a client thread. Types only. */

import type { LoadName } from "../workloads.js";
import type { Sources } from "./endpoint.js";
import type { Tally } from "./tally.js";

/** Of one server process: live JavaScript objects and buffers, and heap that is kept free. Bytes. */
export type Heap = { readonly live: number; readonly free: number };
export type HeapsByProcess = Readonly<Record<string, Heap>>;

/** A thread does one command at a time. */
export type Commands = {
  /** Begins a closed loop. */
  start: { arguments: { load: LoadName; concurrency: number }; result: undefined };
  /** Ends the loop and all its sessions. */
  stop: { arguments: Record<string, never>; result: undefined };
  /** Opens idle sessions. */
  open: { arguments: { count: number; oneAfterAnother: boolean }; result: undefined };
  /** Lets the servers of the idle sessions collect garbage. */
  settle: { arguments: Record<string, never>; result: HeapsByProcess };
  /** Closes the idle sessions. */
  close: { arguments: Record<string, never>; result: undefined };
  /** What was counted since the last time it was asked. */
  tally: { arguments: Record<string, never>; result: Tally };
};

export type CommandName = keyof Commands;

export type Request<Name extends CommandName = CommandName> = {
  readonly name: Name;
  readonly arguments: Commands[Name]["arguments"];
};

export type Reply = { readonly result: unknown } | { readonly error: Error };

/** What a thread is told when it begins. */
export type ThreadData = {
  /** The number of this thread, from 0, and how many there are. */
  readonly thread: number;
  readonly threads: number;
  readonly ports: readonly number[];
  readonly sharedConnections: boolean;
  readonly sources: Sources;
  /** The thread writes its latencies here; the main thread only reads. */
  readonly latencies: Uint32Array<SharedArrayBuffer>;
};
