/**
 * Primary: owns the sockets that the app listens on. Each is bound once, here, and given to every worker that asks; the workers
 * accept, the primary never does. While the fleet lives, a worker's death closes nothing: clients wait in the kernel's queue.
 */

import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { setTimeout } from "node:timers/promises";
import { getSystemErrorName } from "node:util";
import type { ListenTarget } from "../protocol/messages.js";
import { bindPipe, bindTcp, type ListenHandle } from "./internals/listen-handle.js";
import { PipeName } from "./pipe-name.js";
import type { PassedSocket } from "./systemd/passed-socket.js";
import type { PassedSockets } from "./systemd/passed-sockets.js";

export type ListenFailure = { readonly error: string; readonly errno: number; readonly syscall: string };
export type ListenOutcome =
  | { readonly handle: ListenHandle; readonly name?: PipeName; readonly passed?: PassedSocket }
  | ListenFailure;

type Entry = { readonly outcome: Promise<ListenOutcome>; readonly holders: Set<number> };

/** The kernel may hold an address for a moment after its last descriptor was closed, here or in a worker. Milliseconds. */
const LET_GO_WITHIN = 500;
const TRY_AGAIN_AFTER = 5;

/** What `listen` answers once the fleet stops. */
const STOPPING: ListenFailure = { error: "ECANCELED", errno: -125, syscall: "listen" };

export class Listeners {
  readonly #entries = new Map<string, Entry>();
  /** When each key was closed here. */
  readonly #closedAt = new Map<string, number>();
  /** Sockets that somebody has bound before this process was. */
  readonly #passed: PassedSockets | undefined;
  #closed = false;

  constructor(passed?: PassedSockets) {
    this.#passed = passed;
  }

  /**
   * Binds `target`, or takes a socket that was passed, unless somebody's ask for the same key did already. A failure is kept for nobody.
   * @param first the app's first server that speaks HTTP asks, and has no socket of its slot's own
   */
  async listen(key: string, target: ListenTarget, worker: number, first = false): Promise<ListenOutcome> {
    if (this.#closed) return STOPPING;
    const entry = this.#entries.get(key) ?? this.#bind(key, target, first);
    entry.holders.add(worker);
    const outcome = await entry.outcome;
    if (!("handle" in outcome)) return outcome;
    outcome.name?.restore();
    if (outcome.passed !== undefined) this.#passed?.restoreName(outcome.passed);
    return outcome;
  }

  /**
   * Binds all targets, or none: with one failure those that this call bound are closed again.
   * @returns for each target why it could not be bound, or undefined
   */
  async bindAll(
    targets: readonly { readonly key: string; readonly target: ListenTarget }[],
  ): Promise<(ListenFailure | undefined)[]> {
    const isNew = ({ key }: { key: string }): boolean => !this.#closed && !this.#entries.has(key);
    const bound = targets.filter(isNew).map(({ key, target }) => ({ key, entry: this.#bind(key, target) }));
    const outcomes = await Promise.all(targets.map(({ key }) => this.#entries.get(key)?.outcome ?? STOPPING));
    const failures = outcomes.map((outcome) => ("handle" in outcome ? undefined : outcome));
    if (failures.some((failure) => failure !== undefined)) {
      for (const { key, entry } of bound) if (this.#entries.get(key) === entry) this.#close(key, entry);
    }
    return failures;
  }

  /** Bound here, or about to be. */
  has(key: string): boolean {
    return this.#entries.has(key);
  }

  /** Whoever asks for this gets a socket that was passed, and nothing is bound. */
  wasPassed(target: ListenTarget): boolean {
    return this.#passed?.has(target) === true;
  }

  /** Closes a socket, whoever holds it. */
  close(key: string): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined) this.#close(key, entry);
  }

  /** The worker closed its server. When nobody else has it open, clients are to be refused, as with one process. */
  release(key: string, worker: number): void {
    const entry = this.#entries.get(key);
    if (entry?.holders.delete(worker) && entry.holders.size === 0) this.#close(key, entry);
  }

  /** The worker is gone, or leaves by order: its sockets stay open for who comes next. */
  forget(worker: number): void {
    for (const entry of this.#entries.values()) entry.holders.delete(worker);
  }

  /** Closes what nobody holds: new code may listen elsewhere. To be called when all workers are ready. */
  closeUnheld(): void {
    for (const [key, entry] of this.#entries) if (entry.holders.size === 0) this.#close(key, entry);
  }

  /** From now on clients are refused, as soon as the workers have closed their copies too. */
  closeAll(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const [key, entry] of this.#entries) this.#close(key, entry);
    this.#passed?.close();
  }

  #bind(key: string, target: ListenTarget, first = false): Entry {
    const passed = this.#passed?.claim(target, first);
    if (passed !== undefined) return this.#enter(key, Promise.resolve({ handle: passed.handle, passed }));
    const ours = (this.#closedAt.get(key) ?? Number.NEGATIVE_INFINITY) + LET_GO_WITHIN;
    return this.#enter(key, bindUntil(ours, target));
  }

  #enter(key: string, outcome: Promise<ListenOutcome>): Entry {
    const entry: Entry = { outcome, holders: new Set() };
    this.#entries.set(key, entry);
    void entry.outcome.then((outcome) => {
      if (!("handle" in outcome) && this.#entries.get(key) === entry) this.#entries.delete(key);
    });
    return entry;
  }

  #close(key: string, entry: Entry): void {
    this.#entries.delete(key);
    this.#closedAt.set(key, performance.now());
    for (const [old, at] of this.#closedAt)
      if (at + LET_GO_WITHIN < performance.now()) this.#closedAt.delete(old);
    void entry.outcome.then((outcome) => {
      // What was passed stays for who comes next.
      if (!("handle" in outcome) || outcome.passed !== undefined) return;
      outcome.name?.forget();
      outcome.handle.close();
    });
  }
}

/** @param until the address may still be our own until then: EADDRINUSE is tried again. By the monotonic clock. */
async function bindUntil(until: number, target: ListenTarget): Promise<ListenOutcome> {
  for (;;) {
    const outcome = await bind(target);
    if ("handle" in outcome || outcome.error !== "EADDRINUSE" || performance.now() >= until) return outcome;
    await setTimeout(TRY_AGAIN_AFTER);
  }
}

async function bind(target: ListenTarget): Promise<ListenOutcome> {
  try {
    const bound =
      target.kind === "pipe"
        ? bindPipe(target.path, target.readableAll, target.writableAll)
        : await bindHost(target.host, target.port, target.ipv6Only);
    if (typeof bound !== "number") return nameOf(target, bound);
    return { error: getSystemErrorName(bound), errno: bound, syscall: "listen" };
  } catch (error) {
    return lookupFailure(error as NodeJS.ErrnoException);
  }
}

function nameOf(target: ListenTarget, handle: ListenHandle): ListenOutcome {
  const hasFile = target.kind === "pipe" && !target.path.startsWith("\0");
  return hasFile ? { handle, name: new PipeName(target.path) } : { handle };
}

/** @throws the resolver's error */
async function bindHost(
  host: string | undefined,
  port: number,
  ipv6Only: boolean,
): Promise<ListenHandle | number> {
  if (host === undefined || host === "") return bindTcp(undefined, undefined, port, ipv6Only);
  if (isIP(host) !== 0) return bindTcp(host, isIP(host) as 4 | 6, port, ipv6Only);
  const { address, family } = await lookup(host);
  return bindTcp(address, family as 4 | 6, port, ipv6Only);
}

function lookupFailure({ code, errno, syscall }: NodeJS.ErrnoException): ListenFailure {
  return { error: code ?? "ENOTFOUND", errno: errno ?? -3008, syscall: syscall ?? "getaddrinfo" };
}
