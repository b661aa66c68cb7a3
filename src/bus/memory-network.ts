/** Bus: what the memory buses of one test share: who lives, the links between them, and the faults that a test injects. */

import { MAX_PAYLOAD } from "../protocol/frames.js";
import { type BoardRows, MemoryBoard } from "./memory-board.js";
import { MemoryBus } from "./memory-bus.js";
import { MemoryLink } from "./memory-link.js";
import { peerOf } from "./peer-table.js";

export type MemoryNetworkOptions = {
  /** Bytes that may wait for one peer; default 64 MiB. */
  readonly queueLimit?: number;
  /** Bytes that one message may have; default as in the mesh. */
  readonly maxPayload?: number;
  /** Milliseconds of silence after which a peer is hung; default 3000. */
  readonly hungAfter?: number;
  /** Whether the workers have a board; default true. */
  readonly board?: boolean;
  /** Number of the host; default 0. */
  readonly host?: number;
};

/** One direction, and the buses at its ends. */
type Way = { readonly from: MemoryBus; readonly to: MemoryBus; readonly link: MemoryLink };

export class MemoryNetwork {
  readonly #options: Required<MemoryNetworkOptions>;
  readonly #buses = new Set<MemoryBus>();
  readonly #ways = new Set<Way>();
  /** Of the buses that are stalled: when the others take them for hung. */
  readonly #silence = new Map<MemoryBus, NodeJS.Timeout>();
  readonly #boardRows: BoardRows = new Map();
  #joined = 0;

  constructor({
    queueLimit = 64 * 1024 * 1024,
    maxPayload = MAX_PAYLOAD,
    hungAfter = 3000,
    board = true,
    host = 0,
  }: MemoryNetworkOptions = {}) {
    this.#options = { queueLimit, maxPayload, hungAfter, board, host };
  }

  /** A new worker of this slot, linked to all that live. */
  join(slot = this.#joined, generation = 1): MemoryBus {
    this.#joined += 1;
    const { host } = this.#options;
    const self = peerOf({ host, slot, incarnation: this.#joined.toString(36), generation });
    const { board, maxPayload } = this.#options;
    const bus = new MemoryBus({
      self,
      maxPayload,
      board: board ? new MemoryBoard(this.#boardRows, self.identity) : undefined,
      onClose: (closed) => this.#leave(closed),
    });
    for (const other of this.#buses) this.#connect(other, bus);
    this.#buses.add(bus);
    return bus;
  }

  /** As a stopped process: it neither reads nor says anything until {@link resume}. */
  stall(bus: MemoryBus): void {
    if (bus.stalled) return;
    bus.stalled = true;
    this.#watchSilence(bus);
  }

  resume(bus: MemoryBus): void {
    if (!bus.stalled) return;
    bus.stalled = false;
    this.#endSilence(bus);
    for (const other of this.#buses) other.hung(bus.self, false);
    for (const { link } of this.#waysOf(bus)) link.wake();
    // Who is still silent was not missed by this one yet.
    for (const silent of [...this.#silence.keys()]) this.#watchSilence(silent);
  }

  /** Makes one way slow: what goes there waits for {@link release}. */
  hold(from: MemoryBus, to: MemoryBus): void {
    for (const way of this.#ways) if (way.from === from && way.to === to) way.link.held = true;
  }

  release(from: MemoryBus, to: MemoryBus): void {
    for (const way of this.#ways) {
      if (way.from !== from || way.to !== to) continue;
      way.link.held = false;
      way.link.wake();
    }
  }

  /** Breaks the link between two that live; they find each other again. */
  cut(one: MemoryBus, other: MemoryBus): void {
    for (const way of this.#waysOf(one)) {
      if (way.from === other || way.to === other) this.#break(way);
    }
    this.#connect(one, other);
  }

  /** As a killed process: what was under way from it is lost. */
  kill(bus: MemoryBus): void {
    bus.stalled = false;
    this.#endSilence(bus);
    for (const way of this.#waysOf(bus)) this.#break(way);
    bus.close();
  }

  /** Resolves once nothing is on its way, but for what waits for a stalled worker. */
  async settled(): Promise<void> {
    while ([...this.#ways].some(({ link }) => link.busy))
      await new Promise((resolve) => setImmediate(resolve));
  }

  #connect(one: MemoryBus, other: MemoryBus): void {
    const there = this.#way(one, other);
    const back = this.#way(other, one);
    there.notice(() => other.up(one.self, back));
    back.notice(() => one.up(other.self, there));
  }

  #way(from: MemoryBus, to: MemoryBus): MemoryLink {
    const link = new MemoryLink(from, to, this.#options.queueLimit);
    this.#ways.add({ from, to, link });
    return link;
  }

  #break(way: Way): void {
    way.link.break(() => this.#down(way));
  }

  #down(way: Way): void {
    this.#ways.delete(way);
    way.to.down(way.from.self);
  }

  /** The peers hear what it said before, then that it is gone. */
  #leave(bus: MemoryBus): void {
    this.#buses.delete(bus);
    for (const way of this.#waysOf(bus)) {
      if (way.from === bus) way.link.end(() => this.#down(way));
      else this.#break(way);
    }
  }

  #watchSilence(bus: MemoryBus): void {
    this.#endSilence(bus);
    const timer = setTimeout(() => {
      for (const other of this.#buses) if (!other.stalled) other.hung(bus.self, true);
    }, this.#options.hungAfter);
    timer.unref();
    this.#silence.set(bus, timer);
  }

  #endSilence(bus: MemoryBus): void {
    clearTimeout(this.#silence.get(bus));
    this.#silence.delete(bus);
  }

  #waysOf(bus: MemoryBus): Way[] {
    return [...this.#ways].filter(({ from, to }) => from === bus || to === bus);
  }
}
