/** Test helper: the control socket of a primary whose fleet does as the test says; what stands in between is real. */

import { join } from "node:path";
import { deferred } from "../../src/base/deferred.js";
import { ControlServer } from "../../src/primary/control.js";
import type { Refusal } from "../../src/primary/lifecycle/events.js";
import { LogHistory } from "../../src/primary/log-history.js";
import type { ReloadAnswer, ReloadOrder } from "../../src/primary/reloader.js";
import { ensureFleetDirectory, primarySocket } from "../../src/protocol/runtime-directory.js";
import type { ChangeProgress, FleetStatus } from "../../src/protocol/status.js";

export class ScriptedPrimary {
  readonly logs = new LogHistory();
  /** What was asked, and with what. */
  readonly asked: unknown[] = [];
  change: ChangeProgress | null = null;
  lastChange: ChangeProgress | null = null;
  #begun = deferred<void>();
  #answer = deferred<ReloadAnswer>();
  #looked = deferred<void>();
  readonly #server: ControlServer;
  readonly #name: string;
  readonly socket: string;

  /** @param runtime of the command line, HOLDFAST_RUNTIME_DIR */
  constructor(runtime: string, name: string) {
    const directory = join(runtime, name);
    ensureFleetDirectory(directory);
    this.#name = name;
    this.socket = primarySocket(directory);
    this.#server = new ControlServer(this.socket, {
      status: () => this.#status(),
      stop: () => void this.asked.push("stop"),
      reload: (order) => this.#begin("reload", order),
      scale: async (order) => (await this.#begin("scale", order)).refusal,
      logs: this.logs,
    });
  }

  listen(): Promise<void> {
    return this.#server.listen();
  }

  close(): Promise<void> {
    return this.#server.close();
  }

  /** Somebody has asked for a reload, or for another number of workers. */
  begun(): Promise<void> {
    return this.#begun.promise;
  }

  /** The status has been read once more. */
  looked(): Promise<void> {
    this.#looked = deferred();
    return this.#looked.promise;
  }

  /** What was asked for is done, or refused. */
  finish(refusal: Refusal | null, warnings: readonly string[] = []): void {
    this.change = null;
    this.#answer.resolve({ refusal, warnings });
    this.#begun = deferred();
    this.#answer = deferred();
  }

  #begin(what: string, order: object): Promise<ReloadAnswer> {
    this.asked.push({ what, ...(order as ReloadOrder) });
    this.#begun.resolve();
    return this.#answer.promise;
  }

  #status(): FleetStatus {
    this.#looked.resolve();
    const worker = { pid: 1, generation: 3, state: "ready", uptime: 0, restarts: 0 } as const;
    const { change, lastChange } = this;
    const status: Partial<FleetStatus> = {
      schemaVersion: 1,
      name: this.#name,
      pid: process.pid,
      change,
      lastChange,
      workers: [0, 1].map((slot) => ({ slot, ...worker, lastExit: null, listening: [], snapshot: null })),
    };
    return status as FleetStatus;
  }
}
