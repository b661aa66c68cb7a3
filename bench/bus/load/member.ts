/** Bus benchmark, client: one session, its inbox, and what it is told that is no broadcast. */

import type { Endpoint } from "../../load/endpoint.js";
import { WebSocketSession } from "../../load/websocket-session.js";
import { type Delivery, readDelivery } from "./delivery.js";
import { Inbox } from "./inbox.js";

export type MemberHandlers = {
  /** A broadcast of the app. */
  delivery(member: Member, delivery: Delivery): void;
  failure(error: Error): void;
};

/** One burst, with all deliveries and acks, on machines that are slow too. Milliseconds. */
export const BURST_DEADLINE = 20_000;

let opened = 0;

export class Member {
  /** What it answers with: no two members say the same. */
  readonly #name = `member ${opened++}`;
  readonly inbox = new Inbox();
  /** Gets what the app says beside broadcasts: its name and its first argument. */
  onEvent: (name: string, value: unknown) => void = () => {};
  readonly #session: WebSocketSession;

  private constructor(session: WebSocketSession) {
    this.#session = session;
  }

  static async open(endpoint: Endpoint, handlers: MemberHandlers): Promise<Member> {
    let member: Member | undefined;
    const event = (packet: string): void => {
      if (member !== undefined) member.#receive(packet, handlers);
      else handlers.failure(new Error("a session got an event before it was open"));
    };
    const session = await WebSocketSession.open(endpoint, { event, deadline: BURST_DEADLINE });
    member = new Member(session);
    return member;
  }

  /** The server process that owns the session. */
  get worker(): string {
    return this.#session.worker;
  }

  get failure(): Error | undefined {
    return this.#session.failure;
  }

  /** @returns what the app acknowledges */
  async ask<T>(event: string, ...given: readonly unknown[]): Promise<T> {
    const [answer] = JSON.parse(await this.#session.ask(event, ...given)) as [T];
    return answer;
  }

  join(room: string): Promise<void> {
    return this.ask("join", room);
  }

  /** The session's id in Socket.IO, which is also the name of its own room. */
  id(): Promise<string> {
    return this.ask("id");
  }

  close(): Promise<void> {
    return this.#session.close();
  }

  #receive(packet: string, handlers: MemberHandlers): void {
    const delivery = readDelivery(packet);
    if (delivery === undefined) {
      const [name, value] = JSON.parse(packet.slice(2)) as [string, unknown];
      this.onEvent(name, value);
      return;
    }
    if (delivery.answer !== undefined) this.#session.answer(delivery.answer, this.#name);
    handlers.delivery(this, delivery);
  }
}
