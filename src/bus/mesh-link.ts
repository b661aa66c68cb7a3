/**
 * Bus, in a worker: one link of the mesh: channel numbers in both directions, and the bound of what waits for the peer.
 * It does not know who is a peer of whom; the mesh does.
 */

import type { Socket } from "node:net";
import { MAX_PAYLOAD } from "../protocol/frames.js";
import type { PeerIdentity } from "../protocol/hello.js";
import { Link } from "../protocol/link.js";
import type { BusCounters } from "./counters.js";
import { MAX_CHANNELS, MeshFrame, type Refusal } from "./mesh-frames.js";

export type MeshLinkHandlers = {
  /** The worker that accepted this link says who it is. */
  ready(identity: PeerIdentity): void;
  /** The worker that accepted this link does not want it. */
  refused(): void;
  message(channel: string, payload: Buffer): void;
  /** Messages that are not volatile are being dropped; called once until the queue is half empty again. */
  overflow(): void;
  close(): void;
};

export type MeshLinkOptions = {
  readonly socket: Socket;
  readonly head: Buffer;
  /** Bytes. */
  readonly queueLimit: number;
  readonly counters: BusCounters;
  readonly handlers: MeshLinkHandlers;
};

export class MeshLink {
  readonly #link: Link;
  readonly #limit: number;
  readonly #counters: BusCounters;
  readonly #handlers: MeshLinkHandlers;
  readonly #numbers = new Map<string, number>();
  readonly #names: string[] = [];
  #overflowing = false;

  constructor({ socket, head, queueLimit, counters, handlers }: MeshLinkOptions) {
    this.#limit = queueLimit;
    this.#counters = counters;
    this.#handlers = handlers;
    this.#link = new Link(
      socket,
      {
        frame: (type, stream, payload) => this.#onFrame(type, stream, payload),
        close: () => handlers.close(),
      },
      head,
    );
    this.#link.unref();
  }

  ready(identity: PeerIdentity): void {
    this.#link.send(MeshFrame.READY, 0, Buffer.from(JSON.stringify(identity)));
  }

  refuse(reason: Refusal): void {
    this.#link.send(MeshFrame.REFUSED, 0, Buffer.from(reason));
    this.#link.end();
  }

  /**
   * Queues a message, or drops and counts it. A queue holds at most the limit and one message: volatile messages are dropped
   * while half of the limit waits, all others while the whole of it does.
   */
  message(channel: string, payload: Buffer, volatile: boolean): void {
    if (!this.#admits(payload, volatile)) return;
    this.#link.send(MeshFrame.MESSAGE, this.#numberOf(channel), payload);
    this.#counters.sent += 1;
    this.#counters.sentBytes += payload.length;
  }

  /** Sends what waits, then closes. */
  end(): void {
    this.#link.end();
  }

  /** Closes at once; what waits is lost. */
  close(reason: string): void {
    this.#link.close(reason);
  }

  #admits(payload: Buffer, volatile: boolean): boolean {
    const { dropped } = this.#counters;
    if (payload.length > MAX_PAYLOAD) {
      dropped.tooLarge += 1;
      return false;
    }
    const queued = this.#link.queuedBytes;
    if (queued < this.#limit / 2) {
      this.#overflowing = false;
      return true;
    }
    if (volatile) {
      dropped.volatile += 1;
      return false;
    }
    if (queued < this.#limit) return true;
    dropped.overflow += 1;
    if (!this.#overflowing) this.#handlers.overflow();
    this.#overflowing = true;
    return false;
  }

  #numberOf(channel: string): number {
    const known = this.#numbers.get(channel);
    if (known !== undefined) return known;
    const number = this.#numbers.size < MAX_CHANNELS ? this.#numbers.size : this.#giveAwayOldest();
    this.#numbers.set(channel, number);
    this.#link.send(MeshFrame.CHANNEL, number, Buffer.from(channel));
    return number;
  }

  #giveAwayOldest(): number {
    for (const [channel, number] of this.#numbers) {
      this.#numbers.delete(channel);
      return number;
    }
    return 0;
  }

  #onFrame(type: number, stream: number, payload: Buffer): void {
    switch (type) {
      case MeshFrame.MESSAGE:
        this.#onMessage(stream, payload);
        break;
      case MeshFrame.CHANNEL:
        this.#onChannel(stream, payload);
        break;
      case MeshFrame.READY:
        this.#onReady(payload);
        break;
      case MeshFrame.REFUSED:
        this.#handlers.refused();
        break;
      default:
        this.#counters.dropped.malformed += 1;
    }
  }

  #onMessage(stream: number, payload: Buffer): void {
    const channel = this.#names[stream];
    if (channel === undefined) this.#counters.dropped.malformed += 1;
    else this.#handlers.message(channel, payload);
  }

  #onChannel(stream: number, payload: Buffer): void {
    if (stream < MAX_CHANNELS) this.#names[stream] = payload.toString();
    else this.#counters.dropped.malformed += 1;
  }

  #onReady(payload: Buffer): void {
    const identity = readIdentity(payload);
    if (identity === undefined) this.#counters.dropped.malformed += 1;
    else this.#handlers.ready(identity);
  }
}

function readIdentity(payload: Buffer): PeerIdentity | undefined {
  try {
    const identity = JSON.parse(payload.toString()) as PeerIdentity | null;
    const valid =
      Number.isInteger(identity?.host) &&
      Number.isInteger(identity?.slot) &&
      Number.isInteger(identity?.generation) &&
      typeof identity?.incarnation === "string";
    return valid ? (identity ?? undefined) : undefined;
  } catch {
    return undefined;
  }
}
