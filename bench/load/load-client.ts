/** Load client, main thread: starts the client threads, passes them commands, and reads what they have counted so far. */

import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { LOADS, type LoadName } from "../workloads.js";
import type { CommandName, Commands, Heap, HeapsByProcess, Reply, ThreadData } from "./commands.js";
import type { Sources } from "./endpoint.js";
import { sharedBuckets, sum } from "./histogram.js";
import { addTallies, type Tally } from "./tally.js";

export type LoadClientOptions = {
  readonly threads: number;
  readonly ports: readonly number[];
  readonly sharedConnections: boolean;
  /** Many, unless told otherwise. */
  readonly sources?: Sources;
};

type Thread = { readonly worker: Worker; readonly latencies: Uint32Array<SharedArrayBuffer> };

export class LoadClient {
  readonly #threads: readonly Thread[];

  private constructor({ sources = "many", ...options }: LoadClientOptions) {
    this.#threads = Array.from({ length: options.threads }, (_, thread) =>
      startThread({ ...options, sources, thread, latencies: sharedBuckets() }),
    );
  }

  /** @returns a client whose threads have loaded their code */
  static async create(options: LoadClientOptions): Promise<LoadClient> {
    const client = new LoadClient(options);
    await client.takeTally();
    return client;
  }

  /** Settles when the closed loops of all threads have begun. */
  async start(load: LoadName): Promise<void> {
    const shares = share(LOADS[load].concurrency, this.#threads.length);
    await this.#eachThread("start", (thread) => ({ load, concurrency: shares[thread] ?? 0 }));
  }

  async stop(): Promise<void> {
    await this.#eachThread("stop", () => ({}));
  }

  /** One session after the other, from one thread. */
  async openOneAfterAnother(count: number): Promise<void> {
    await this.#eachThread("open", (thread) => ({ count: thread === 0 ? count : 0, oneAfterAnother: true }));
  }

  async openMany(count: number): Promise<void> {
    const shares = share(count, this.#threads.length);
    await this.#eachThread("open", (thread) => ({ count: shares[thread] ?? 0, oneAfterAnother: false }));
  }

  /** Lets the servers of idle sessions collect garbage. @returns the sum over the processes */
  async settle(): Promise<Heap> {
    const byThread = await this.#eachThread("settle", () => ({}));
    // Two threads may have asked one process; the later answer stands.
    const heaps = Object.values(Object.assign({}, ...byThread) as HeapsByProcess);
    return {
      live: heaps.reduce((sum, { live }) => sum + live, 0),
      free: heaps.reduce((sum, { free }) => sum + free, 0),
    };
  }

  async closeIdle(): Promise<void> {
    await this.#eachThread("close", () => ({}));
  }

  /** Failures and sessions since the last time it was asked. */
  async takeTally(): Promise<Tally> {
    return addTallies(await this.#eachThread("tally", () => ({})));
  }

  /** A copy of the latencies of all threads, in the middle of the run. */
  latencies(): Uint32Array {
    return sum(this.#threads.map(({ latencies }) => latencies));
  }

  /** Ends the threads; what is still open breaks. */
  async terminate(): Promise<void> {
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
  }

  #eachThread<Name extends CommandName>(
    name: Name,
    argumentsFor: (thread: number) => Commands[Name]["arguments"],
  ): Promise<Commands[Name]["result"][]> {
    return Promise.all(this.#threads.map(({ worker }, thread) => call(worker, name, argumentsFor(thread))));
  }
}

function startThread(workerData: ThreadData): Thread {
  const worker = new Worker(new URL("./thread.mjs", import.meta.url), { workerData });
  return { worker, latencies: workerData.latencies };
}

async function call<Name extends CommandName>(
  worker: Worker,
  name: Name,
  given: Commands[Name]["arguments"],
): Promise<Commands[Name]["result"]> {
  worker.postMessage({ name, arguments: given });
  const [reply] = (await once(worker, "message")) as [Reply];
  if ("error" in reply) throw reply.error;
  return reply.result as Commands[Name]["result"];
}

/** 7 over 3 threads is 3, 2, 2. */
export function share(total: number, parts: number): number[] {
  return Array.from({ length: parts }, (_, part) => Math.floor((total + parts - 1 - part) / parts));
}
