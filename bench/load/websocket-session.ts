/** Load client, thread: a Socket.IO session that begins and ends on one WebSocket. */

import { Conversation, type Manners } from "./conversation.js";
import type { Endpoint } from "./endpoint.js";
import type { Session } from "./session.js";
import { WebSocketChannel } from "./websocket-channel.js";

export class WebSocketSession implements Session {
  readonly #conversation: Conversation;
  readonly #channel: WebSocketChannel;

  private constructor(endpoint: Endpoint, manners?: Manners) {
    this.#conversation = new Conversation((packet) => this.#channel.send(packet), manners);
    this.#channel = new WebSocketChannel(endpoint, {
      message: (text) => this.#conversation.receive(text),
      failure: (error) => this.#conversation.fail(error),
    });
  }

  /** @returns a session that is open and connected to the main namespace */
  static async open(endpoint: Endpoint, manners?: Manners): Promise<WebSocketSession> {
    const session = new WebSocketSession(endpoint, manners);
    try {
      await session.#channel.opened;
      await session.#conversation.handshake;
      await session.#conversation.connect();
      return session;
    } catch (error) {
      session.abandon();
      throw error;
    }
  }

  get worker(): string {
    return this.#channel.worker;
  }

  get failure(): Error | undefined {
    return this.#conversation.failure;
  }

  echo(text: string): Promise<void> {
    return this.#conversation.echo(text);
  }

  /** @returns the JSON text of the acknowledgement's arguments */
  ask(event: string, ...given: readonly unknown[]): Promise<string> {
    return this.#conversation.ask(event, ...given);
  }

  /** Acknowledges an event of the server. */
  answer(id: number, value: unknown): void {
    this.#conversation.answer(id, value);
  }

  async close(): Promise<void> {
    this.#conversation.end();
    await this.#channel.close();
  }

  abandon(): void {
    this.#channel.abandon();
  }
}
