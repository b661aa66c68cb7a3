/** Bus: the numbers that stand for channels in one direction of one link. Pure. */

import { MAX_CHANNELS } from "./mesh-frames.js";

export class ChannelNumbers {
  /** In the order in which they were given. */
  readonly #numbers = new Map<string, number>();

  /** @returns undefined for a channel that has none: {@link assign} one, and tell the other side */
  of(channel: string): number | undefined {
    return this.#numbers.get(channel);
  }

  /** A free number, else that of the channel that has had one for the longest time. */
  assign(channel: string): number {
    const number = this.#numbers.size < MAX_CHANNELS ? this.#numbers.size : this.#takeOldest();
    this.#numbers.set(channel, number);
    return number;
  }

  #takeOldest(): number {
    const [channel, number] = this.#numbers.entries().next().value ?? ["", 0];
    this.#numbers.delete(channel);
    return number;
  }
}
