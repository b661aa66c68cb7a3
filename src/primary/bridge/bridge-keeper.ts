/**
 * Primary: keeps this fleet's bridge running for as long as the fleet runs: starts it before the first worker, again when it dies,
 * with the same number and token, and lets it say goodbye after the last worker.
 */

import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { messageOf } from "../../base/errors.js";
import type { SiteSettings } from "../../config/site-settings.js";
import { BRIDGE_SLOT, type BridgeToPrimary } from "../../protocol/bridge-messages.js";
import type { SiteStatus } from "../../protocol/status.js";
import type { LogEntry } from "../log.js";
import type { Outputs } from "../output.js";
import { removeSockets } from "../worker-files.js";
import { type BridgeEnd, BridgeProcess } from "./bridge-process.js";
import { bridgeSettings } from "./bridge-settings.js";
import { siteStatus } from "./site-status.js";

const ENTRY = fileURLToPath(new URL("../../bridge/main.js", import.meta.url));
/** Before a bridge that died is started again; doubles with each that did not work for long. Milliseconds. */
const FIRST_DELAY = 500;
const LONGEST_DELAY = 10_000;
/** To say goodbye to the other hosts. Milliseconds. */
const GOODBYE = 2000;

export type CannotJoin = { readonly message: string; readonly code: string; readonly exitCode: 1 | 2 };

export type Load = { readonly workers: number; readonly sessions: number };

export type BridgeKeeperOptions = {
  readonly site: SiteSettings;
  readonly fleet: string;
  /** The fleet's runtime directory. */
  readonly directory: string;
  /** How many workers there are to be, and the sessions that they have. */
  readonly load: () => Load;
  /** False: an adapter of Socket.IO's own carries broadcasts. */
  readonly relays: boolean;
  readonly outputs: Outputs;
  readonly write: (entry: LogEntry) => void;
  /** The fleet knows its number; once. */
  readonly joined: (host: number) => void;
  /** The fleet must not start, or not wait any longer; at most once, and only before `joined`. */
  readonly cannotJoin: (why: CannotJoin) => void;
  /** The program, and the first pause before it is started again. */
  readonly entry?: string;
  readonly firstDelay?: number;
};

type Message<T extends BridgeToPrimary["type"]> = Extract<BridgeToPrimary, { type: T }>;

export class BridgeKeeper {
  readonly #options: BridgeKeeperOptions;
  readonly #token = randomBytes(16).toString("hex");
  #bridge: BridgeProcess | undefined;
  #host: number | undefined;
  /** As the bridge knows it. */
  #load: Load = { workers: 0, sessions: 0 };
  #restarts = 0;
  /** Bridges in a row that did not work for long. */
  #failures = 0;
  #heard: { snapshot: Message<"snapshot">["snapshot"]; at: number } | undefined;
  #silentSince = performance.now();
  #why: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #patience: NodeJS.Timeout | undefined;
  #joinedAt: number | undefined;
  #refusal: string | undefined;
  #gone: (() => void) | undefined;
  #over = false;

  constructor(options: BridgeKeeperOptions) {
    this.#options = options;
  }

  get pid(): number | undefined {
    return this.#bridge?.pid;
  }

  /** The number that the site gave, or confirmed. */
  get host(): number | undefined {
    return this.#host;
  }

  start(): void {
    const { redisWait, hostNumber } = this.#options.site;
    // Who knows his number serves meanwhile: there is nothing to wait for.
    if (redisWait !== undefined && hostNumber === undefined)
      this.#patience = setTimeout(() => this.#waitedTooLong(redisWait), redisWait);
    this.#fork();
  }

  status(): SiteStatus {
    const view = {
      host: this.#host,
      pid: this.pid,
      restarts: this.#restarts,
      heard: this.#heard,
      silentSince: this.#silentSince,
      why: this.#why,
    };
    return siteStatus(view, performance.now());
  }

  /** The workers are gone. Resolves when the bridge is, too: it has two seconds to tell the other hosts. */
  async leave(): Promise<void> {
    this.#over = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#patience);
    const bridge = this.#bridge;
    if (bridge === undefined) return;
    bridge.send({ type: "leave" });
    const limit = setTimeout(() => bridge.kill("SIGKILL"), GOODBYE);
    await new Promise<void>((resolve) => {
      this.#gone = resolve;
    });
    clearTimeout(limit);
  }

  #fork(): void {
    const { site, fleet, directory, relays, outputs, load, entry = ENTRY } = this.#options;
    this.#load = { ...load(), sessions: 0 };
    const { workers } = this.#load;
    const place = { fleet, directory, primaryPid: process.pid, token: this.#token, workers, relays };
    try {
      const bridge = new BridgeProcess(entry, bridgeSettings(site, { ...place, host: this.#host }), outputs, {
        message: (message) => this.#onMessage(message),
        exit: (end, problem) => this.#onExit(end, problem),
      });
      this.#bridge = bridge;
    } catch (error) {
      this.#onExit({ code: null, signal: null }, messageOf(error));
    }
  }

  #onMessage(message: BridgeToPrimary): void {
    if (message.type === "snapshot") this.#onSnapshot(message);
    else if (message.type === "said") this.#onSaid(message);
    else if (message.type === "joined") this.#onJoined(message);
    else this.#onRefused(message);
  }

  /** Once a second; in return it hears what it does not see. */
  #onSnapshot({ snapshot }: Message<"snapshot">): void {
    this.#heard = { snapshot, at: performance.now() };
    const load = this.#options.load();
    if (load.workers === this.#load.workers && load.sessions === this.#load.sessions) return;
    this.#load = load;
    this.#bridge?.send({ type: "workers", ...load });
  }

  #onSaid({ level, event, sentence }: Message<"said">): void {
    this.#why = level === "warn" ? sentence : undefined;
    const held = this.#host === undefined && this.#options.site.hostNumber === undefined && level === "warn";
    const text = held ? `${sentence.replace(/\.$/, "")}; no worker starts before` : sentence;
    this.#options.write({ level, event, text });
  }

  #onJoined({ host }: Message<"joined">): void {
    this.#joinedAt = performance.now();
    clearTimeout(this.#patience);
    if (this.#host !== undefined || this.#over) return;
    this.#host = host;
    this.#options.joined(host);
  }

  /** Once the fleet has joined it serves on: what was right at its start may become right again. */
  #onRefused({ code, sentence }: Message<"refused">): void {
    if (this.#host === undefined) this.#end({ message: sentence, code, exitCode: 2 });
    else if (sentence !== this.#refusal)
      this.#options.write({ level: "warn", event: "site-refused", text: sentence, fields: { code } });
    this.#refusal = sentence;
  }

  #waitedTooLong(wait: number): void {
    const why = this.#why === undefined ? "" : ` (${this.#why.replace(/;.*$|\.(?:\s.*)?$/s, "")})`;
    const message = `Redis did not answer within the ${wait} ms of --redis-wait${why}. Start Redis, or correct --redis.`;
    this.#end({ message, code: "ERR_REDIS_WAIT", exitCode: 1 });
  }

  #end(why: CannotJoin): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#patience);
    this.#options.cannotJoin(why);
  }

  #onExit({ code, signal }: BridgeEnd, problem: string | undefined): void {
    this.#bridge = undefined;
    removeSockets(this.#options.directory, BRIDGE_SLOT);
    this.#heard = undefined;
    this.#silentSince = performance.now();
    this.#gone?.();
    if (this.#over) return;
    const { write } = this.#options;
    const delay = this.#nextDelay();
    const how = problem !== undefined ? `could not be started: ${problem}` : wayOut(code, signal);
    this.#why = `the bridge ${how}`;
    const meanwhile =
      this.#host === undefined ? "no worker starts before" : "this host serves on without the others";
    const text = `the bridge ${how}; next start in ${delay} ms, ${meanwhile}`;
    write({ level: "error", event: "bridge-exited", text, fields: { code, signal, delay } });
    this.#restarts += 1;
    this.#timer = setTimeout(() => this.#fork(), delay);
  }

  #nextDelay(): number {
    const { firstDelay = FIRST_DELAY } = this.#options;
    const worked = this.#joinedAt !== undefined && performance.now() - this.#joinedAt > LONGEST_DELAY;
    this.#joinedAt = undefined;
    this.#failures = worked ? 0 : this.#failures + 1;
    return Math.min(LONGEST_DELAY, firstDelay * 2 ** Math.max(0, this.#failures - 1));
  }
}

function wayOut(code: number | null, signal: string | null): string {
  return signal === null ? `exited with code ${code}` : `was killed by ${signal}`;
}
