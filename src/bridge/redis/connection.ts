/** Bridge: one client of ioredis, and whether it is connected. A cluster's client stands for several connections. */

import { Cluster, Redis } from "ioredis";
import type { RedisSettings } from "../../protocol/bridge-messages.js";
import { parseRedisUrl } from "./address.js";
import { clusterOptions, type Patience, readTls, singleOptions } from "./client-options.js";

export type Client = Redis | Cluster;

export type ConnectionHandlers = {
  /** Commands may be given; called at each new connection. */
  ready?(): void;
  /** Commands fail from now on. */
  closed?(): void;
  /** May be called many times for the same reason. */
  failed?(error: Error): void;
};

/** Connects, and goes on trying until {@link close}. */
export class Connection {
  readonly client: Client;
  readonly isCluster: boolean;
  #handlers: ConnectionHandlers = {};
  #lastError: Error | undefined;

  /** @throws {UsageError} a URL or file that cannot be used */
  constructor(settings: RedisSettings, patience: Patience, sharded = true) {
    const address = parseRedisUrl(settings.url);
    const tls = readTls(settings);
    this.isCluster = address.kind === "cluster";
    this.client =
      address.kind === "cluster"
        ? new Cluster([...address.servers], clusterOptions(address, tls, patience, sharded))
        : new Redis(singleOptions(address, tls, patience));
    this.client.on("ready", () => this.#ready());
    this.client.on("close", () => this.#handlers.closed?.());
    this.client.on("error", (error: Error) => this.#failed(error));
  }

  get ready(): boolean {
    return this.client.status === "ready";
  }

  /** Of the connection, not of a command; since it was ready last. */
  get lastError(): Error | undefined {
    return this.#lastError;
  }

  handle(handlers: ConnectionHandlers): void {
    this.#handlers = handlers;
    if (this.ready) handlers.ready?.();
  }

  /** Gives the connection up and makes a new one. */
  renew(): void {
    this.client.disconnect(true);
  }

  close(): void {
    this.#handlers = {};
    this.client.disconnect();
  }

  #ready(): void {
    this.#lastError = undefined;
    this.#handlers.ready?.();
  }

  #failed(error: Error): void {
    this.#lastError = error;
    this.#handlers.failed?.(error);
  }
}
