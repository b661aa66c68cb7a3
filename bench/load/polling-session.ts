/** Load client, thread: a Socket.IO session that begins with long-polling, and stays there or is upgraded. */

import type { Agent } from "node:http";
import { Conversation } from "./conversation.js";
import type { Endpoint } from "./endpoint.js";
import { HttpClient, ownConnections } from "./http-client.js";
import { PollingTransport } from "./polling-transport.js";
import type { Session } from "./session.js";
import { Upgrade } from "./upgrade.js";

export class PollingSession implements Session {
  readonly #endpoint: Endpoint;
  readonly #ownAgent: Agent | undefined;
  readonly #polling: PollingTransport;
  readonly #conversation: Conversation;
  #upgrade: Upgrade | undefined;

  private constructor(endpoint: Endpoint, shared: Agent | undefined) {
    this.#endpoint = endpoint;
    this.#ownAgent = shared === undefined ? ownConnections() : undefined;
    const http = new HttpClient(endpoint, shared ?? (this.#ownAgent as Agent));
    this.#conversation = new Conversation((packet) => this.#polling.send(packet));
    this.#polling = new PollingTransport(http, this.#conversation);
  }

  /** @param shared connections of many sessions; by default the session opens its own */
  static async open(endpoint: Endpoint, shared?: Agent): Promise<PollingSession> {
    return PollingSession.#begin(endpoint, shared, async (session) => {
      await session.#polling.open();
      await session.#conversation.connect();
    });
  }

  /** Like the official client, connects to the namespace and probes the WebSocket at the same time. */
  static async openAndUpgrade(endpoint: Endpoint, shared?: Agent): Promise<PollingSession> {
    return PollingSession.#begin(endpoint, shared, async (session) => {
      const sid = await session.#polling.open();
      await Promise.all([session.#conversation.connect(), session.#toWebSocket(sid)]);
    });
  }

  static async #begin(
    endpoint: Endpoint,
    shared: Agent | undefined,
    open: (session: PollingSession) => Promise<void>,
  ): Promise<PollingSession> {
    const session = new PollingSession(endpoint, shared);
    try {
      await open(session);
      return session;
    } catch (error) {
      session.abandon();
      throw error;
    }
  }

  get worker(): string {
    return this.#polling.worker;
  }

  get failure(): Error | undefined {
    return this.#conversation.failure;
  }

  echo(text: string): Promise<void> {
    return this.#conversation.echo(text);
  }

  async close(): Promise<void> {
    this.#conversation.end();
    await (this.#upgrade ?? this.#polling).close();
    this.#ownAgent?.destroy();
    if (this.failure !== undefined) throw this.failure;
  }

  abandon(): void {
    this.#upgrade?.abandon();
    this.#ownAgent?.destroy();
  }

  async #toWebSocket(sid: string): Promise<void> {
    this.#upgrade = new Upgrade(this.#endpoint, this.#conversation, sid);
    await this.#upgrade.probe();
    this.#upgrade.complete(await this.#polling.pause());
  }
}
