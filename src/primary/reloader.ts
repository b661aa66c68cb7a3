/**
 * Primary: a reload from its order to its end: the configuration is read again, in a process of its own, then the fleet is asked. If
 * either fails, what held before holds on.
 */

import { HoldfastError, messageOf, UsageError } from "../base/errors.js";
import type { FleetSettings } from "../config/settings.js";
import type { Fleet as WholeFleet } from "./fleet.js";
import type { Refusal } from "./lifecycle/events.js";
import { isStopping, wantedSlots } from "./lifecycle/queries.js";
import type { Log } from "./log.js";
import { renewedEnvironment, renewedSettings } from "./renewal.js";

type Fleet = Pick<WholeFleet, "state" | "ask">;

/** What a worker is started with: the part that can be read again. */
export type StartPlan = {
  readonly settings: FleetSettings;
  /** Arguments that make node understand the entry, behind those of the settings. */
  readonly loaderArgs: readonly string[];
  readonly loaderEnv: Readonly<Record<string, string>>;
  /** The workers' folder. */
  readonly folder: string;
};

export type ReloadOrder = {
  /** For the log. */
  readonly by: string;
  /** Slots at a time. */
  readonly parallel?: number;
  /** Variables of whoever asks. */
  readonly env?: Readonly<Record<string, string>>;
};

export type ReloadAnswer = { readonly refusal: Refusal | null; readonly warnings: readonly string[] };

export type ReloaderOptions = {
  readonly fleet: Fleet;
  readonly log: Pick<Log, "write">;
  readonly plan: StartPlan;
  readonly env: NodeJS.ProcessEnv;
  /** Reads the configuration as at the start, with that environment. @throws {HoldfastError} for what cannot be used */
  readonly read: (env: NodeJS.ProcessEnv) => Promise<StartPlan>;
  /** Workers that are started from now on get this. */
  readonly use: (plan: StartPlan, env: NodeJS.ProcessEnv) => void;
  /** Nothing was begun; whoever waits for a reload need not. */
  readonly onRefused?: () => void;
};

export class Reloader {
  readonly #options: ReloaderOptions;
  #plan: StartPlan;
  #env: NodeJS.ProcessEnv;
  /** What the sources said when they were last read. */
  #read: FleetSettings;
  #reading = false;

  constructor(options: ReloaderOptions) {
    this.#options = options;
    this.#plan = options.plan;
    this.#env = options.env;
    this.#read = options.plan.settings;
  }

  /** Resolves when every worker is of the new generation, or with why not. */
  async reload(order: ReloadOrder): Promise<ReloadAnswer> {
    const { fleet } = this.#options;
    if (this.#reading) return this.#refuse(order, READING);
    // The fleet says by itself why it cannot.
    if (this.#isBusy()) return { refusal: await this.#ask(order), warnings: [] };
    const env = renewedEnvironment(this.#env, order.env);
    this.#reading = true;
    let plan: StartPlan;
    try {
      plan = await this.#options.read(env);
    } catch (error) {
      return this.#refuse(order, refusalOf(error));
    } finally {
      this.#reading = false;
    }
    if (this.#isBusy()) return { refusal: await this.#ask(order), warnings: [] };
    const workers = wantedSlots(fleet.state).length;
    const renewal = renewedSettings(this.#plan.settings, plan.settings, { before: this.#read, workers });
    for (const text of renewal.warnings)
      this.#options.log.write({ level: "warn", event: "setting-kept", text });
    const refusal = await this.#reloadWith({ ...plan, settings: renewal.settings }, env, order);
    if (refusal === null) this.#read = plan.settings;
    return { refusal, warnings: renewal.warnings };
  }

  async #reloadWith(plan: StartPlan, env: NodeJS.ProcessEnv, order: ReloadOrder): Promise<Refusal | null> {
    const before = { plan: this.#plan, env: this.#env };
    this.#use(plan, env);
    const refusal = await this.#ask(order);
    if (refusal !== null) this.#use(before.plan, before.env);
    return refusal;
  }

  #use(plan: StartPlan, env: NodeJS.ProcessEnv): void {
    this.#plan = plan;
    this.#env = env;
    this.#options.use(plan, env);
  }

  #ask({ by, parallel }: ReloadOrder): Promise<Refusal | null> {
    return this.#options.fleet.ask({ type: "reload", by, ...(parallel !== undefined && { parallel }) });
  }

  #isBusy(): boolean {
    const { state } = this.#options.fleet;
    return isStopping(state) || state.reload !== null;
  }

  #refuse({ by }: ReloadOrder, refusal: Refusal): ReloadAnswer {
    const text = `reload refused: ${refusal.message}`;
    this.#options.log.write({ level: "warn", event: "reload-refused", text, fields: { by } });
    if (refusal !== READING) this.#options.onRefused?.();
    return { refusal, warnings: [] };
  }
}

const READING: Refusal = {
  code: "ERR_RELOAD_IN_PROGRESS",
  message: "A reload begins already. Wait for its end, then ask again.",
};

function refusalOf(error: unknown): Refusal {
  const code = error instanceof HoldfastError ? error.code : "ERR_SETTINGS_READ";
  const message = `${messageOf(error)} Nothing was reloaded; the fleet serves on as it was.`;
  return { code, message, ...(error instanceof UsageError && { usage: true as const }) };
}
