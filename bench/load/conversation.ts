/**
 * Load client, thread: what client and server say in one Socket.IO session, whatever transport carries it.
 * Strict: an unexpected packet ends the conversation as a failure. Knows no transport.
 */

import { ANSWER_DEADLINE, type Expectation, expectation } from "./expectation.js";

/** Between the packets of one polling body. */
export const PACKET_SEPARATOR = "\x1e";

/** The session ends: Socket.IO's own packet. */
const DISCONNECT = "41";

export type Handshake = { readonly sid: string };

export type Manners = {
  /** Gets each event of the server, as it came; without it an event is an unexpected packet. */
  readonly event?: (packet: string) => void;
  /** Milliseconds that an answer to `ask` may take. */
  readonly deadline?: number;
};

export class Conversation {
  readonly #manners: Manners;
  readonly #handshake = expectation<Handshake>("handshake");
  readonly #answers = new Map<number, Expectation<string>>();
  #send: (packet: string) => void;
  #connected: Expectation<void> | undefined;
  #failure: Error | undefined;
  #nextId = 0;

  /** @param send hands one packet to the transport */
  constructor(send: (packet: string) => void, manners: Manners = {}) {
    this.#send = send;
    this.#manners = manners;
  }

  /** Settles when the server has sent the session id. */
  get handshake(): Promise<Handshake> {
    return this.#handshake.promise;
  }

  get failure(): Error | undefined {
    return this.#failure;
  }

  /** After an upgrade: packets leave by the new transport. */
  switchTo(send: (packet: string) => void): void {
    this.#send = send;
  }

  /** Enters the main namespace. */
  async connect(): Promise<void> {
    this.#throwIfFailed();
    this.#connected = expectation("answer to CONNECT");
    this.#send("40");
    await this.#connected.promise;
  }

  /** @returns the JSON text of the acknowledgement's arguments */
  async ask(event: string, ...given: readonly unknown[]): Promise<string> {
    this.#throwIfFailed();
    const id = this.#nextId++;
    const answer = expectation<string>(`answer to ${event}`, this.#manners.deadline ?? ANSWER_DEADLINE);
    this.#answers.set(id, answer);
    this.#send(`42${id}${JSON.stringify([event, ...given])}`);
    return answer.promise;
  }

  /** Acknowledges an event. @param id as the event's packet had it */
  answer(id: number, value: unknown): void {
    this.#send(`43${id}${JSON.stringify([value])}`);
  }

  /** @throws when the answer is not the very same text */
  async echo(text: string): Promise<void> {
    const answer = await this.ask("echo", text);
    if (answer !== JSON.stringify([text])) throw new Error(`wrong answer to the echo: ${clip(answer)}`);
  }

  /** Says that the session ends; the transport is closed after it. */
  end(): void {
    this.#send(DISCONNECT);
  }

  /** One packet from the server. */
  receive(packet: string): void {
    if (packet.startsWith("43")) this.#acknowledge(packet);
    else if (packet.startsWith("42") && this.#manners.event !== undefined) this.#manners.event(packet);
    else if (packet === "2") this.#send("3");
    else if (packet.startsWith("40") && this.#connected !== undefined) this.#connected.resolve();
    else if (packet.startsWith("0")) this.#handshake.resolve(JSON.parse(packet.slice(1)) as Handshake);
    else if (packet !== "6") this.fail(new Error(`unexpected packet ${clip(packet)}`));
  }

  /** The transport broke or closed. Everything that waits is rejected, now and later. */
  fail(error: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#handshake.reject(error);
    this.#connected?.reject(error);
    for (const answer of this.#answers.values()) answer.reject(error);
    this.#answers.clear();
  }

  #acknowledge(packet: string): void {
    const start = packet.indexOf("[");
    const id = Number(packet.slice(2, start));
    const answer = this.#answers.get(id);
    if (start < 0 || answer === undefined) {
      this.fail(new Error(`answer to no question: ${clip(packet)}`));
      return;
    }
    this.#answers.delete(id);
    answer.resolve(packet.slice(start));
  }

  #throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}

function clip(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
