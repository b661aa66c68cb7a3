/**
 * Bus, in a worker: one link of the mesh: its frames in both directions, the bound of what waits for the peer, and its pulse.
 * It does not know who is a peer of whom; the mesh does.
 */

import type { Socket } from "node:net";
import type { PeerIdentity } from "../protocol/hello.js";
import { Link } from "../protocol/link.js";
import { ChannelNumbers } from "./channel-numbers.js";
import type { BusCounters } from "./counters.js";
import { Pulse, type Tick } from "./heartbeat.js";
import {
  type ControlFrame,
  encodeLost,
  MalformedFrame,
  MeshFrame,
  type Refusal,
  readControlFrame,
} from "./mesh-frames.js";
import { QueueBound } from "./queue-bound.js";

export type MeshLinkHandlers = {
  /** The worker that accepted this link says who it is. */
  ready(identity: PeerIdentity): void;
  /** The worker that accepted this link does not want it. */
  refused(): void;
  message(channel: string, payload: Buffer): void;
  /** So many messages of the other side are missing here. */
  lost(messages: number): void;
  /** Messages that are not volatile are being dropped, until `fitsAgain`. */
  overflow(): void;
  /** They fit again, and the peer is told what it lost. Never called within {@link MeshLink.message}. */
  fitsAgain(): void;
  hung(): void;
  back(): void;
  /** The other side sent something that makes no sense; the link closes. `what` is for a sentence: "a frame of ...". */
  malformed(what: string): void;
  close(): void;
};

export type MeshLinkOptions = {
  readonly socket: Socket;
  readonly head: Buffer;
  /** Whether this side dialled: it hears first whether the link is used. */
  readonly dialled: boolean;
  /** Bytes. */
  readonly queueLimit: number;
  readonly counters: BusCounters;
  readonly handlers: MeshLinkHandlers;
};

export class MeshLink {
  readonly #link: Link;
  readonly #bound: QueueBound;
  readonly #pulse = new Pulse();
  readonly #counters: BusCounters;
  readonly #handlers: MeshLinkHandlers;
  readonly #numbers = new ChannelNumbers();
  readonly #names: string[] = [];
  readonly #dialled: boolean;
  /** Both sides know that this link is used. */
  #settled = false;

  constructor(options: MeshLinkOptions) {
    this.#bound = new QueueBound(options.queueLimit);
    this.#counters = options.counters;
    this.#handlers = options.handlers;
    this.#dialled = options.dialled;
    this.#link = new Link(
      options.socket,
      {
        frame: (type, stream, payload) => this.#onFrame(type, stream, payload),
        heard: () => this.#onHeard(),
        malformed: (reason) => this.#onMalformed(reason),
        drain: () => this.#endGap(),
        close: () => this.#handlers.close(),
      },
      options.head,
    );
    this.#link.unref();
  }

  /** Nothing has come from the peer for too long. */
  get hung(): boolean {
    return this.#pulse.hung;
  }

  /** Bytes that wait for the peer in this process. */
  get queuedBytes(): number {
    return this.#link.queuedBytes;
  }

  /** Of the accepting side: this link is used. */
  ready(identity: PeerIdentity): void {
    this.#settled = true;
    this.#link.send(MeshFrame.READY, 0, Buffer.from(JSON.stringify(identity)));
  }

  /** Of the accepting side: this link is not used. */
  refuse(reason: Refusal): void {
    this.#link.send(MeshFrame.REFUSED, 0, Buffer.from(reason));
    this.#link.end();
  }

  /** Queues a message, or drops and counts it; {@link QueueBound} says which. */
  message(channel: string, payload: Buffer, volatile: boolean): void {
    if (this.#bound.gap && this.#tellLoss()) process.nextTick(() => this.#tellFit());
    if (!this.#admits(volatile)) return;
    this.#link.send(MeshFrame.MESSAGE, this.#numberOf(channel), payload);
    this.#pulse.said();
    this.#counters.sent += 1;
    this.#counters.sentBytes += payload.length;
  }

  /** One tick of the mesh's timer: sends a heartbeat when one is due, and finds out whether the peer is hung. */
  tick(tick: Tick): void {
    const { beat, hangs } = this.#pulse.tick(tick);
    // What waits says as much, and a peer that does not read shall not have more to read.
    if (beat && this.#link.queuedBytes === 0) this.#link.send(MeshFrame.HEARTBEAT, 0);
    if (hangs) this.#handlers.hung();
    // Few bytes may leave without a drain.
    this.#endGap();
  }

  /** Sends what waits, then closes. */
  end(): void {
    this.#link.end();
  }

  /** Closes at once; what waits is lost. */
  close(reason: string): void {
    this.#link.close(reason);
  }

  #admits(volatile: boolean): boolean {
    const before = this.#bound.gap;
    const verdict = this.#bound.admit(this.#link.queuedBytes, volatile);
    if (verdict === "fits") return true;
    this.#counters.dropped[verdict] += 1;
    if (!before && this.#bound.gap) this.#handlers.overflow();
    return false;
  }

  #endGap(): void {
    if (this.#bound.gap && this.#tellLoss()) this.#tellFit();
  }

  /** @returns whether the gap is over: the notice then stands in its place in the order */
  #tellLoss(): boolean {
    const missed = this.#bound.release(this.#link.queuedBytes);
    if (missed > 0) this.#link.send(MeshFrame.LOST, 0, encodeLost(missed));
    return missed > 0;
  }

  #tellFit(): void {
    if (!this.#link.closed) this.#handlers.fitsAgain();
  }

  #numberOf(channel: string): number {
    const known = this.#numbers.of(channel);
    if (known !== undefined) return known;
    const number = this.#numbers.assign(channel);
    this.#link.send(MeshFrame.CHANNEL, number, Buffer.from(channel));
    return number;
  }

  #onHeard(): void {
    if (this.#pulse.heard()) this.#handlers.back();
  }

  #onFrame(type: number, stream: number, payload: Buffer): void {
    try {
      if (type === MeshFrame.MESSAGE) this.#onMessage(stream, payload);
      else this.#onControl(readControlFrame(type, stream, payload));
    } catch (error) {
      if (!(error instanceof MalformedFrame)) throw error;
      this.#onMalformed(error.message);
      this.#link.close(error.message);
    }
  }

  #onMessage(stream: number, payload: Buffer): void {
    if (!this.#settled) throw new MalformedFrame("a message before the link was settled");
    const channel = this.#names[stream];
    if (channel === undefined) throw new MalformedFrame(`a message on channel ${stream}, which has no name`);
    this.#handlers.message(channel, payload);
  }

  #onControl(frame: ControlFrame): void {
    if (!this.#inTurn(frame)) throw new MalformedFrame(`${frame.is.toUpperCase()} out of turn`);
    switch (frame.is) {
      case "ready":
        this.#settled = true;
        this.#handlers.ready(frame.identity);
        break;
      case "refused":
        this.#handlers.refused();
        break;
      case "channel":
        this.#names[frame.number] = frame.name;
        break;
      case "lost":
        this.#handlers.lost(frame.messages);
        break;
      case "heartbeat":
        break;
    }
  }

  /** Only the dialler hears whether the link is used, once; everything else comes after that. */
  #inTurn({ is }: ControlFrame): boolean {
    return is === "ready" || is === "refused" ? this.#dialled && !this.#settled : this.#settled;
  }

  #onMalformed(what: string): void {
    this.#counters.dropped.malformed += 1;
    this.#handlers.malformed(what);
  }
}
