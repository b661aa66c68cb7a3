/** Load client, thread: moves a session from long-polling to a WebSocket: probe, pause, `5`. */

import type { Conversation } from "./conversation.js";
import type { Endpoint } from "./endpoint.js";
import { expectation } from "./expectation.js";
import { WebSocketChannel } from "./websocket-channel.js";

const UPGRADE = "5";

export class Upgrade {
  readonly #conversation: Conversation;
  readonly #channel: WebSocketChannel;
  readonly #probed = expectation<void>("answer to the probe");

  /** Begins to open the WebSocket of the session `sid`. */
  constructor(endpoint: Endpoint, conversation: Conversation, sid: string) {
    this.#conversation = conversation;
    const handlers = {
      message: (text: string) => this.#receive(text),
      failure: (error: Error) => this.#fail(error),
    };
    this.#channel = new WebSocketChannel(endpoint, handlers, sid);
  }

  /** Asks whether the server is there; settles with its answer. */
  async probe(): Promise<void> {
    await this.#channel.opened;
    this.#channel.send("2probe");
    await this.#probed.promise;
  }

  /** Takes the session over. @param unsent packets that polling did not send any more */
  complete(unsent: readonly string[]): void {
    this.#channel.send(UPGRADE);
    this.#conversation.switchTo((packet) => this.#channel.send(packet));
    for (const packet of unsent) this.#channel.send(packet);
  }

  close(): Promise<void> {
    return this.#channel.close();
  }

  abandon(): void {
    this.#channel.abandon();
  }

  #receive(text: string): void {
    if (text === "3probe") this.#probed.resolve();
    else this.#conversation.receive(text);
  }

  #fail(error: Error): void {
    this.#probed.reject(error);
    this.#conversation.fail(error);
  }
}
