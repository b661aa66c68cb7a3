/** Bridge: hears the channels of the hosts that it is told to. Subscribes again after each new connection, and says so. */

import type { Connection } from "./connection.js";

export type SubscriberHandlers = {
  frame(frame: Buffer): void;
  /** These channels are heard from now on, for the first time or again: what was said in between is missing. */
  heard(name: number | string): void;
  refused(error: Error): void;
};

/** Milliseconds until a subscription that failed is tried again. */
const AGAIN = 500;

export class Subscriber {
  readonly #connection: Connection;
  readonly #sharded: boolean;
  readonly #handlers: SubscriberHandlers;
  /** By number of the host, or any other name; each group has one hash tag. */
  readonly #groups = new Map<number | string, readonly string[]>();
  readonly #patterns = new Map<string, (channel: string, message: Buffer) => void>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #closed = false;

  constructor(connection: Connection, sharded: boolean, handlers: SubscriberHandlers) {
    this.#connection = connection;
    this.#sharded = sharded;
    this.#handlers = handlers;
    const { client } = connection;
    const heard = (_channel: Buffer, message: Buffer) => handlers.frame(message);
    client.on(sharded ? "smessageBuffer" : "messageBuffer", heard);
    client.on("pmessageBuffer", (pattern: string, channel: Buffer, message: Buffer) =>
      this.#patterns.get(pattern)?.(channel.toString(), message),
    );
    connection.handle({ ready: () => this.#again() });
  }

  listen(name: number | string, channels: readonly string[]): void {
    this.#groups.set(name, channels);
    this.#subscribe(name);
  }

  forget(name: number | string): void {
    const channels = this.#groups.get(name);
    if (channels === undefined) return;
    this.#groups.delete(name);
    if (this.#connection.ready) this.#unsubscribe(channels).catch(() => {});
  }

  /** Hears what others publish (PUBLISH) on channels like these. */
  listenPattern(pattern: string, heard: (channel: string, message: Buffer) => void): void {
    this.#patterns.set(pattern, heard);
    this.#subscribePattern(pattern);
  }

  /** Nothing is heard although others speak: a new connection. */
  renew(): void {
    this.#connection.renew();
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#connection.close();
  }

  #again(): void {
    for (const name of this.#groups.keys()) this.#subscribe(name);
    for (const pattern of this.#patterns.keys()) this.#subscribePattern(pattern);
  }

  /** A new connection subscribes to all again: without one there is nothing to do. */
  #subscribe(name: number | string): void {
    const channels = this.#groups.get(name);
    if (this.#closed || channels === undefined || !this.#connection.ready) return;
    const { client } = this.#connection;
    const done = this.#sharded ? client.ssubscribe(...channels) : client.subscribe(...channels);
    done.then(
      () => this.#groups.get(name) === channels && this.#handlers.heard(name),
      (error: Error) => this.#failed(error, () => this.#subscribe(name)),
    );
  }

  #subscribePattern(pattern: string): void {
    if (this.#closed || !this.#connection.ready) return;
    this.#connection.client
      .psubscribe(pattern)
      .catch((error: Error) => this.#failed(error, () => this.#subscribePattern(pattern)));
  }

  #unsubscribe(channels: readonly string[]): Promise<unknown> {
    const { client } = this.#connection;
    return this.#sharded ? client.sunsubscribe(...channels) : client.unsubscribe(...channels);
  }

  #failed(error: Error, again: () => void): void {
    if (this.#closed) return;
    if (this.#connection.ready) this.#handlers.refused(error);
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      again();
    }, AGAIN);
    this.#timers.add(timer);
  }
}
