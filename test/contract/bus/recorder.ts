/** Contract: a bus with a subscriber that writes everything down. */

import type { Bus, BusHandlers, Peer } from "../../../src/bus/bus.js";
import type { CountedBus } from "./carrier.js";

export const CHANNEL = "contract";

/** A longer text is written down as its number only. */
const TEXT_LIMIT = 64;

/** A message that {@link account} recognises: its number, and padding. */
export function numbered(number: number, size = 4): Buffer {
  const payload = Buffer.alloc(Math.max(size, 4));
  payload.writeUInt32BE(number);
  return payload;
}

export class Recorder {
  readonly bus: CountedBus;
  readonly slot: number;
  /** `up 1`, `down 1`, `hung 1`, `back 1`, `fits 1`, `lost 5 of 1`, `1: text`, `1: #7` for a numbered message: each with the peer's slot. */
  readonly events: string[] = [];

  constructor(bus: CountedBus) {
    this.bus = bus;
    this.slot = bus.self.identity.slot;
    bus.subscribe(CHANNEL, this.#handlers());
  }

  /** Writes down what comes on another channel, too. */
  listen(channel: string): () => void {
    return this.bus.subscribe(channel, { message: (from, payload) => this.#write(from, payload) });
  }

  /** To all, on the channel of the contract. */
  say(text: string): void {
    this.bus.publish(CHANNEL, Buffer.from(text));
  }

  tell(to: readonly Recorder[], text: string): void {
    const peers = to.map(({ bus }) => bus.self);
    this.bus.send(peers, CHANNEL, Buffer.from(text));
  }

  knows(other: Recorder): boolean {
    return this.bus.peers().some(({ key }) => key === other.bus.self.key);
  }

  /** The events that are no messages. */
  notices(): string[] {
    return this.events.filter((event) => !event.includes(": "));
  }

  /** The messages of all senders, without their slots. */
  texts(): string[] {
    return this.events.filter((event) => event.includes(": ")).map((event) => event.replace(/^\d+: /, ""));
  }

  /** What it heard of one peer: messages as text or `#7`, the rest as in `events`, without the slot. */
  of({ slot }: Recorder): string[] {
    const message = `${slot}: `;
    const notice = new RegExp(`^(up|down|hung|back|fits|lost \\d+ of) ${slot}$`);
    return this.events.flatMap((event) => {
      if (event.startsWith(message)) return [event.slice(message.length)];
      const match = notice.exec(event);
      return match?.[1] === undefined ? [] : [match[1]];
    });
  }

  #handlers(): BusHandlers {
    const note =
      (word: string) =>
      ({ identity }: Peer): void => {
        this.events.push(`${word} ${identity.slot}`);
      };
    return {
      message: (from, payload) => this.#write(from, payload),
      peerUp: note("up"),
      peerDown: note("down"),
      peerHung: note("hung"),
      peerBack: note("back"),
      fitsAgain: note("fits"),
      lost: (from, messages) => note(`lost ${messages} of`)(from),
    };
  }

  #write({ identity }: Peer, payload: Buffer): void {
    const isText = payload.length <= TEXT_LIMIT && !isNumbered(payload);
    this.events.push(`${identity.slot}: ${isText ? payload : `#${payload.readUInt32BE()}`}`);
  }
}

/** No text begins with a zero byte; no test numbers beyond 2^24. */
function isNumbered(payload: Buffer): boolean {
  return payload.length >= 4 && payload[0] === 0;
}

/** The peer of another worker, as this one has it now. */
export function peerIn(bus: Bus, other: Recorder): Peer {
  const peer = bus.peers().find(({ key }) => key === other.bus.self.key);
  if (peer === undefined) throw new Error(`slot ${other.slot} is no peer`);
  return peer;
}
