/**
 * Load client, thread: long-polling as the official client does it.
 * One GET hangs at all times, packets leave in POSTs one after another. Refuses any answer but 200.
 */

import { type Conversation, PACKET_SEPARATOR } from "./conversation.js";
import { ENGINE_PATH } from "./endpoint.js";
import type { Answer, HttpClient } from "./http-client.js";

const CLOSE = "1";

export class PollingTransport {
  readonly #http: HttpClient;
  readonly #conversation: Conversation;
  #path = `${ENGINE_PATH}&transport=polling`;
  #worker = "";
  #paused = false;
  #closing = false;
  #queue: string[] = [];
  #polling: Promise<void> = Promise.resolve();
  #posting: Promise<void> | undefined;

  constructor(http: HttpClient, conversation: Conversation) {
    this.#http = http;
    this.#conversation = conversation;
  }

  get worker(): string {
    return this.#worker;
  }

  /** Opens the session and begins to poll. @returns the session id */
  async open(): Promise<string> {
    const answer = await this.#http.get(this.#path);
    this.#take(answer);
    this.#worker = answer.worker;
    const { sid } = await this.#conversation.handshake;
    this.#path += `&sid=${sid}`;
    this.#polling = this.#poll();
    return sid;
  }

  /** Packets that are sent while a POST is under way leave together in the next one. */
  send(packet: string): void {
    this.#queue.push(packet);
    this.#posting ??= this.#post();
  }

  /** Lets what is under way end, and begins nothing new. @returns packets that were not sent */
  async pause(): Promise<readonly string[]> {
    this.#paused = true;
    await Promise.all([this.#polling, this.#posting]);
    return this.#queue.splice(0);
  }

  /** Says that the transport closes; settles when nothing is under way any more. */
  async close(): Promise<void> {
    await this.#posting;
    this.#closing = true;
    await this.#http.post(this.#path, CLOSE).then(checkPosted);
    await this.#polling;
  }

  async #poll(): Promise<void> {
    try {
      while (!this.#paused && !this.#closing) this.#take(await this.#http.get(this.#path));
    } catch (error) {
      this.#conversation.fail(error as Error);
    }
  }

  async #post(): Promise<void> {
    try {
      while (this.#queue.length > 0 && !this.#paused) {
        const body = this.#queue.splice(0).join(PACKET_SEPARATOR);
        checkPosted(await this.#http.post(this.#path, body));
      }
    } catch (error) {
      this.#conversation.fail(error as Error);
    } finally {
      this.#posting = undefined;
    }
  }

  #take(answer: Answer): void {
    // A GET that reaches the server behind the close packet finds no session: the right answer then.
    if (this.#closing && answer.status === 400) return;
    if (answer.status !== 200)
      throw new Error(`GET was answered ${answer.status} ${answer.body.slice(0, 80)}`);
    for (const packet of answer.body.split(PACKET_SEPARATOR)) this.#conversation.receive(packet);
  }
}

function checkPosted(answer: Answer): void {
  if (answer.status === 200 && answer.body === "ok") return;
  throw new Error(`POST was answered ${answer.status} ${answer.body.slice(0, 80)}`);
}
