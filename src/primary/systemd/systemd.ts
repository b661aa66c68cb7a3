/**
 * Primary: the fleet as a service of systemd: sockets that were passed, notifications, watchdog. Reads the fleet's state and changes
 * nothing in it. Where nobody asks for any of this, it does nothing.
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { FleetState } from "../lifecycle/state.js";
import type { Log } from "../log.js";
import type { WorkerProcess } from "../worker-process.js";
import { type SystemdEnvironment, takeSystemdEnvironment } from "./environment.js";
import { Notifier } from "./notifier.js";
import { noticeProgram } from "./notify-program.js";
import { openPassedSockets } from "./passed-socket.js";
import { PassedSockets } from "./passed-sockets.js";
import { busyUntil, isHealthy, type Phase, phaseOf, statusText, stepMessages } from "./report.js";
import { unclaimedWords } from "./unclaimed.js";

type Fleet = {
  readonly state: FleetState;
  readonly workers: ReadonlyMap<number, WorkerProcess>;
  readonly sessions: number;
};

/** Sessions come and go; systemd is told how many so often. Milliseconds. */
const STATUS_EVERY = 10_000;
/** Beyond a deadline of the fleet: to act on it, and to tell systemd. Milliseconds. */
const MARGIN = 10_000;
/** A worker says how it is every second; shorter silence means nothing, however short the watchdog's time is. Milliseconds. */
const SHORTEST_SILENCE = 5000;
/** The last message is waited for no longer. Milliseconds. */
const LAST_WORDS = 2000;

export class Systemd {
  /** Undefined: none was passed. */
  readonly sockets: PassedSockets | undefined;
  readonly #environment: SystemdEnvironment;
  #fleet: Fleet | undefined;
  #log: Log | undefined;
  #notifier: Notifier | undefined;
  #phase: Phase = { name: "starting" };
  #busyUntil = 0;
  #warned = false;
  readonly #timers: NodeJS.Timeout[] = [];

  private constructor(environment: SystemdEnvironment) {
    this.#environment = environment;
    const { names } = environment;
    this.sockets = names && new PassedSockets(openPassedSockets(names));
  }

  /** Takes what is meant for this process, and removes it from `env`. @throws {UsageError} ERR_LISTEN_FDS */
  static take(env: NodeJS.ProcessEnv): Systemd {
    return new Systemd(takeSystemdEnvironment(env, process.pid));
  }

  watch(fleet: Fleet, log: Log): void {
    this.#fleet = fleet;
    this.#log = log;
    this.sockets?.keepNames();
    const { notifySocket, watchdog } = this.#environment;
    if (notifySocket === undefined) return;
    this.#notifier = new Notifier({
      send: noticeProgram(notifySocket, process.env),
      onProblem: ({ isMissing, text }) => this.#complain(isMissing, text),
    });
    this.#timers.push(setInterval(() => this.#notifier?.tell({ status: this.#status() }), STATUS_EVERY));
    if (watchdog !== undefined)
      this.#timers.push(setInterval(() => this.#onWatchdog(watchdog), watchdog / 2));
  }

  /** Something happened in the fleet. */
  onChange(): void {
    if (this.#fleet === undefined) return;
    const { state } = this.#fleet;
    this.#warnOfUnclaimed(state);
    this.#notifier?.tell({ steps: this.#steps(state), status: this.#status(), ...this.#extension(state) });
  }

  /** Where HUP asks for a reload, systemd waits for its beginning and its end: here it has both. */
  onReloadRefused(): void {
    if (this.#phase.name !== "ready") return;
    const monotonic = process.hrtime.bigint() / 1000n;
    const began = { name: "reloading", generation: 0 } as const;
    const context = { mainPid: undefined, monotonic };
    this.#notifier?.tell({
      steps: [...stepMessages(this.#phase, began, context), ...stepMessages(began, this.#phase, context)],
    });
  }

  /** @param words why it ended, unless it was told to */
  async close(words: string | undefined): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.sockets?.leaveNames();
    if (this.#notifier === undefined) return;
    this.#notifier.tell({ status: words ?? "stopped" });
    const limit = new AbortController();
    const { signal } = limit;
    await Promise.race([this.#notifier.flush(), sleep(LAST_WORDS, undefined, { signal }).catch(() => {})]);
    limit.abort();
  }

  #steps(state: FleetState): string[][] {
    const [from, to] = [this.#phase, phaseOf(state)];
    this.#phase = to;
    const mainPid = this.#environment.isWrapped ? process.pid : undefined;
    return stepMessages(from, to, { mainPid, monotonic: process.hrtime.bigint() / 1000n });
  }

  #extension(state: FleetState): { extend?: number } {
    const until = busyUntil(state);
    if (until === null || until <= this.#busyUntil) return {};
    this.#busyUntil = until;
    return { extend: until - performance.now() + MARGIN };
  }

  #status(): string {
    if (this.#fleet === undefined) return "";
    return statusText(this.#fleet.state, this.#fleet.sessions);
  }

  /** What workers said meanwhile is read first: a machine that slept is no fault of theirs. */
  #onWatchdog(every: number): void {
    setImmediate(() => {
      const fleet = this.#fleet;
      if (fleet === undefined) return;
      const since = performance.now() - Math.max(every, SHORTEST_SILENCE);
      const isHeard = (id: number): boolean => (fleet.workers.get(id)?.heardAt ?? 0) >= since;
      if (isHealthy(fleet.state, isHeard)) this.#notifier?.tell({ alive: true });
    });
  }

  /** Not before the app has had its time: it may open another server a moment after the first. */
  #warnOfUnclaimed({ announced, ending, slots }: FleetState): void {
    if (this.#warned || this.sockets === undefined || !announced || ending !== null) return;
    const workers = slots.flatMap((slot) => slot.workers);
    if (workers.some(({ state }) => state.name !== "ready" || state.healthyAt !== null)) return;
    this.#warned = true;
    const text = unclaimedWords(this.sockets.unclaimed);
    if (text !== undefined) this.#log?.write({ level: "warn", event: "sockets-unused", text });
  }

  #complain(isMissing: boolean, text: string): void {
    const what = isMissing
      ? "the program systemd-notify is not installed, so systemd hears nothing of this fleet. Install it (package systemd), or write Type=exec and no WatchdogSec= in the unit"
      : `systemd could not be told how the fleet is: systemd-notify: ${text}`;
    this.#log?.write({ level: "warn", event: "notify-failed", text: what });
  }
}
