/**
 * Worker: upgrades that reach one end of a handoff while their session is at the other: they follow it, connection and all. A tunnel would
 * end with the worker that it leads through.
 */

import type { RawHandle } from "../internals/handles.js";
import { HandoffFrame, type HandoffLink } from "./handoff-link.js";
import type { UpgradeMessage } from "./messages.js";

/** Sessions of a batch are numbered from 0. */
const FIRST = 2 ** 31;

export type TakeUpgrade = (message: UpgradeMessage, handle: RawHandle) => void;

export class UpgradeExchange {
  readonly #link: () => HandoffLink;
  readonly #take: TakeUpgrade;
  /** Offered to the other end, by number. */
  readonly #offered = new Map<number, (arrived: boolean) => void>();
  /** Announced by the other end; their descriptors follow. */
  readonly #announced = new Map<number, UpgradeMessage>();
  #offers = 0;

  constructor(link: () => HandoffLink, take: TakeUpgrade) {
    this.#link = link;
    this.#take = take;
  }

  /** @param outcome called with whether the other end has the connection @returns false: nothing was sent */
  offer(message: UpgradeMessage, handle: RawHandle, outcome: (arrived: boolean) => void): boolean {
    const link = this.#link();
    if (link.closed) return false;
    const number = FIRST + this.#offers++;
    this.#offered.set(number, outcome);
    link.send(HandoffFrame.UPGRADE, number, message, handle);
    return true;
  }

  /** @returns whether the frame was one of an upgrade */
  frame(type: number, number: number, value: unknown): boolean {
    if (type === HandoffFrame.UPGRADE) this.#announced.set(number, value as UpgradeMessage);
    else if (type === HandoffFrame.UPGRADED) this.#settle(number, true);
    else return false;
    return true;
  }

  /** @returns whether the descriptor was one of an upgrade */
  descriptor(number: number, handle: RawHandle): boolean {
    const message = this.#announced.get(number);
    if (message === undefined) return false;
    this.#announced.delete(number);
    this.#link().send(HandoffFrame.UPGRADED, number);
    this.#take(message, handle);
    return true;
  }

  /** The link is gone. */
  end(): void {
    for (const number of [...this.#offered.keys()]) this.#settle(number, false);
  }

  #settle(number: number, arrived: boolean): void {
    const outcome = this.#offered.get(number);
    this.#offered.delete(number);
    outcome?.(arrived);
  }
}
