/** Test helper: one session of an official client, with everything that it heard and everything that went wrong. */

import type { ClientOptions, ClientSocket, OfficialClient, Transport } from "./official-clients.js";
import { within } from "./within.js";

/** The events of test/fixtures/apps/contract.mjs that come unasked. */
const NEWS = ["welcome", "heartbeat", "shout", "said"] as const;
/** Names of every version of the client for what should not happen. */
const SOCKET_FAULTS = ["connect_error", "connect_timeout", "error", "disconnect"] as const;
const MANAGER_FAULTS = [...SOCKET_FAULTS, "reconnect_attempt", "reconnect_error"] as const;

/** How long an answer may take before the test fails. Milliseconds. */
const PATIENCE = 15_000;

export class ClientSession {
  readonly socket: ClientSocket;
  readonly faults: string[] = [];
  readonly #heard = new Map<string, unknown[][]>();
  readonly #watchers = new Set<() => void>();
  #closing = false;

  private constructor(socket: ClientSocket) {
    this.socket = socket;
    for (const event of NEWS) this.listen(event);
    for (const event of SOCKET_FAULTS) socket.on(event, (reason: unknown) => this.#fault(event, reason));
  }

  /** @throws when it is not connected in time, with what went wrong */
  static async open(client: OfficialClient, url: string, options: ClientOptions): Promise<ClientSession> {
    const session = new ClientSession(client.connect(url, options));
    for (const event of MANAGER_FAULTS) {
      session.socket.io.on(event, (reason: unknown) => session.#fault(`manager ${event}`, reason));
    }
    return session.#welcomed();
  }

  /** Another namespace over the same connection. */
  async join(namespace: string): Promise<ClientSession> {
    return new ClientSession(this.socket.io.socket(namespace)).#welcomed();
  }

  /** The slot that says it serves this session. */
  get slot(): number {
    const [welcome] = this.heard("welcome").at(-1) as [{ slot: string }];
    return Number(welcome.slot);
  }

  /** The session id of the engine, whose head names the owner. */
  get sid(): string {
    return this.socket.io.engine.id;
  }

  get transport(): string {
    return this.socket.io.engine.transport.name;
  }

  /** Arguments of every event of this name so far. */
  heard(event: string): readonly unknown[][] {
    return this.#heard.get(event) ?? [];
  }

  forget(event: string): void {
    this.#heard.delete(event);
  }

  listen(event: string): void {
    this.socket.on(event, (...args: unknown[]) => {
      this.#heard.set(event, [...this.heard(event), args]);
      for (const watcher of [...this.#watchers]) watcher();
    });
  }

  /** Emits and waits for the acknowledgement. @returns its first argument */
  ask<Answer>(event: string, ...args: unknown[]): Promise<Answer> {
    const answer = new Promise<Answer>((resolve) => this.socket.emit(event, ...args, resolve));
    return within(PATIENCE, () => `${event} on ${this.sid}: no answer; ${this.#state()}`, answer);
  }

  /** Waits until `condition` holds; it is asked again after each event. */
  async until(what: string, condition: () => boolean): Promise<void> {
    const holds = new Promise<void>((resolve) => {
      const check = (): void => {
        if (!condition()) return;
        this.#watchers.delete(check);
        resolve();
      };
      this.#watchers.add(check);
      check();
    });
    await within(PATIENCE, () => `${what}; ${this.#state()}`, holds);
  }

  /** Waits until the session travels by this transport. */
  async travelsBy(transport: Transport): Promise<void> {
    const changed = new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        if (this.transport !== transport) return;
        clearInterval(timer);
        resolve();
      }, 20);
      timer.unref();
    });
    await within(PATIENCE, () => `${transport} wanted, ${this.transport} found; ${this.#state()}`, changed);
  }

  close(): void {
    this.#closing = true;
    this.socket.disconnect();
  }

  async #welcomed(): Promise<this> {
    await this.until("no welcome", () => this.heard("welcome").length > 0);
    return this;
  }

  #fault(event: string, reason: unknown): void {
    if (this.#closing) return;
    this.faults.push(`${event}: ${reason instanceof Error ? reason.message : String(reason)}`);
  }

  #state(): string {
    return this.faults.length === 0 ? "no fault was reported" : this.faults.join(", ");
  }
}
