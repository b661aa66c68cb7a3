/** Load client, thread: a Socket.IO session that begins and ends on one WebSocket. */

import { Conversation } from "./conversation.js";
import type { Endpoint } from "./endpoint.js";
import type { Session } from "./session.js";
import { WebSocketChannel } from "./websocket-channel.js";

export class WebSocketSession implements Session {
  readonly #conversation: Conversation;
  readonly #channel: WebSocketChannel;

  private constructor(endpoint: Endpoint, event?: (packet: string) => void) {
    this.#conversation = new Conversation((packet) => this.#channel.send(packet), event);
    this.#channel = new WebSocketChannel(endpoint, {
      message: (text) => this.#conversation.receive(text),
      failure: (error) => this.#conversation.fail(error),
    });
  }

  /**
   * @param event gets each event of the server, as it came; without it an event is a failure
   * @returns a session that is open and connected to the main namespace
   */
  static async open(endpoint: Endpoint, event?: (packet: string) => void): Promise<WebSocketSession> {
    const session = new WebSocketSession(endpoint, event);
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
