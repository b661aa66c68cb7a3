/** Test helper: a crowd of unchanged clients in a process of its own, in numbered talk with the app of test/fixtures/handoff. */

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type { CrowdOptions } from "./crowd.js";
import type { CrowdAnswer, CrowdCommand } from "./crowd-process.js";
import type { TrafficReport } from "./report.js";

/** For what an option does not say. */
const USUAL = { rooms: 5, every: 250, keepAlive: true, settleWithin: 20_000 };
const ENTRY = fileURLToPath(new URL("./crowd-process.ts", import.meta.url));

/** Rooms and pace have usual values. */
export type TrafficOptions = Pick<CrowdOptions, "clients"> & Partial<CrowdOptions>;

type Pending = { resolve(value: unknown): void; reject(error: Error): void };

export class Traffic {
  readonly #process: ChildProcess;
  readonly #pending = new Map<number, Pending>();
  #requests = 0;

  private constructor() {
    // From where tsx is found.
    const cwd = dirname(ENTRY);
    this.#process = fork(ENTRY, { cwd, execArgv: ["--import", "tsx"], serialization: "advanced" });
    this.#process.on("message", (answer: CrowdAnswer) => this.#answered(answer));
    this.#process.on("exit", (code, signal) => this.#ended(`the crowd ended with ${code ?? signal}`));
  }

  /** @returns when every client is connected and talks */
  static async arrive(url: string, options: TrafficOptions): Promise<Traffic> {
    const traffic = new Traffic();
    try {
      await traffic.#ask({
        do: "arrive",
        options: { ...USUAL, ...options, url },
      });
      return traffic;
    } catch (error) {
      await traffic.end();
      throw error;
    }
  }

  /** New clients come and go from now on. @param perSecond 0: no more; resolves when the last has left */
  newcomers(perSecond: number): Promise<void> {
    return this.#ask({ do: "newcomers", perSecond });
  }

  /** How many sessions of those that stay each slot has. */
  slots(): Promise<Record<number, number>> {
    return this.#ask({ do: "slots" });
  }

  /** The sockets of those that stay that get no answer within a moment, by name. */
  unanswered(): Promise<string[]> {
    return this.#ask({ do: "unanswered" });
  }

  /** What was seen so far. What is under way just now counts as open, and lost is what was overtaken. */
  report(): Promise<TrafficReport> {
    return this.#ask({ do: "report" });
  }

  /** From now on the report tells how long echoes take from now on. */
  mark(): Promise<void> {
    return this.#ask({ do: "mark" });
  }

  /** How many sockets of those that stay each host has, by the names of the hosts. */
  hosts(): Promise<Record<string, number>> {
    return this.#ask({ do: "hosts" });
  }

  /** How many sockets of those that stay are in this namespace. */
  members(namespace: string): Promise<number> {
    return this.#ask({ do: "members", namespace });
  }

  /** All fall silent; when what is owed has come, everything is reckoned and the clients leave. @param dead hosts that were killed */
  async finish(dead: readonly string[] = []): Promise<TrafficReport> {
    const report = await this.#ask<TrafficReport>({ do: "finish", dead });
    await this.end();
    return report;
  }

  /** Without reckoning; for tests that failed. Does nothing when the crowd has ended. */
  async end(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exited = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await exited;
  }

  #ask<Result>(command: CrowdCommand): Promise<Result> {
    const request = ++this.#requests;
    return new Promise((resolve, reject) => {
      this.#pending.set(request, { resolve: resolve as Pending["resolve"], reject });
      this.#process.send({ request, command }, (error) => {
        if (error !== null) this.#ended(error.message);
      });
    });
  }

  #answered(answer: CrowdAnswer): void {
    const pending = this.#pending.get(answer.request);
    this.#pending.delete(answer.request);
    if ("error" in answer) pending?.reject(new Error(answer.error));
    else pending?.resolve(answer.result);
  }

  #ended(why: string): void {
    for (const { reject } of this.#pending.values()) reject(new Error(why));
    this.#pending.clear();
  }
}
