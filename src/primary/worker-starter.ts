/** Primary: what the next worker is started with. A reload changes it, and changes it back if it fails. */

import type { ChildProcess } from "node:child_process";
import { FleetMemory } from "./memory.js";
import type { StartPlan } from "./reloader.js";
import { type SpawnOptions, spawnWorker, type WorkerPlace } from "./spawn.js";

type Surroundings = Pick<SpawnOptions, "directory" | "preload">;

export class WorkerStarter {
  readonly #surroundings: Surroundings;
  #plan: StartPlan;
  #env: NodeJS.ProcessEnv;
  #memory: FleetMemory;
  #host: number;

  constructor(plan: StartPlan, surroundings: Surroundings, env: NodeJS.ProcessEnv = process.env) {
    this.#surroundings = surroundings;
    this.#plan = plan;
    this.#env = env;
    this.#memory = new FleetMemory(plan.settings, env);
    this.#host = plan.settings.hostNumber;
  }

  /** Workers that are started from now on are of the host of that number. */
  set host(host: number) {
    this.#host = host;
  }

  get memory(): FleetMemory {
    return this.#memory;
  }

  /** @returns how the memory is shared out from now on */
  renew(plan: StartPlan, env: NodeJS.ProcessEnv): FleetMemory {
    this.#plan = plan;
    this.#env = env;
    this.#memory = new FleetMemory(plan.settings, env);
    return this.#memory;
  }

  /** @throws the system's error when no process can be made */
  start(place: WorkerPlace): ChildProcess {
    const options: SpawnOptions = {
      ...this.#plan,
      ...this.#surroundings,
      host: this.#host,
      memoryArgs: (workers) => this.#memory.nodeArgs(workers),
      env: this.#env,
      colours: process.stdout.isTTY,
    };
    return spawnWorker(options, place);
  }
}
