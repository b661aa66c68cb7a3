/**
 * Worker: connections that go from one end of a handoff to the other, descriptor and all: upgrades whose session is there, which a tunnel
 * would end with the worker that it leads through, and those between two requests, which the client may use again at any moment.
 */

import type { RawHandle } from "../internals/handles.js";
import { callApp } from "./app-call.js";
import { HandoffFrame, type HandoffLink } from "./handoff-link.js";
import type { PassedMessage } from "./messages.js";

/** Sessions of a batch are numbered from 0. */
const FIRST = 2 ** 31;

/** @returns false where nobody here wants it: it stays the other end's, and the caller closes the handle */
export type TakeConnection = (message: PassedMessage, handle: RawHandle) => boolean;

export class ConnectionExchange {
  readonly #link: () => HandoffLink;
  readonly #take: TakeConnection;
  /** Offered to the other end, by number. */
  readonly #offered = new Map<number, (taken: boolean) => void>();
  /** Announced by the other end; their descriptors follow. */
  readonly #announced = new Map<number, PassedMessage>();
  #offers = 0;

  constructor(link: () => HandoffLink, take: TakeConnection) {
    this.#link = link;
    this.#take = take;
  }

  /**
   * The sender has stopped reading, and closes its copy of the descriptor when the other end has taken the connection.
   * @param outcome called once with whether it has @returns false: nothing was sent
   */
  offer(message: PassedMessage, handle: RawHandle, outcome: (taken: boolean) => void): boolean {
    const link = this.#link();
    if (link.closed) return false;
    const number = FIRST + this.#offers++;
    this.#offered.set(number, outcome);
    link.send(HandoffFrame.PASS, number, message, handle);
    return true;
  }

  /** @returns whether the frame was one of a connection that is passed */
  frame(type: number, number: number, value: unknown): boolean {
    if (type === HandoffFrame.PASS) this.#announced.set(number, value as PassedMessage);
    else if (type === HandoffFrame.PASSED) this.#settle(number, value as boolean);
    else return false;
    return true;
  }

  /** @returns whether the descriptor was one of a connection that is passed */
  descriptor(number: number, handle: RawHandle): boolean {
    const message = this.#announced.get(number);
    if (message === undefined) return false;
    this.#announced.delete(number);
    let taken = true;
    // What listeners of the app throw must not end the link.
    callApp(() => {
      taken = this.#take(message, handle);
    });
    if (!taken) handle.close();
    this.#link().send(HandoffFrame.PASSED, number, taken);
    return true;
  }

  /** The link is gone. */
  end(): void {
    for (const number of [...this.#offered.keys()]) this.#settle(number, false);
  }

  #settle(number: number, taken: boolean): void {
    const outcome = this.#offered.get(number);
    this.#offered.delete(number);
    outcome?.(taken);
  }
}
