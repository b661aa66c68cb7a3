/**
 * Bus, in a worker: a Unix socket to every other worker of this host; needs no primary and never keeps the process alive.
 * A closed link is the death notice: the kernel closes the sockets of a process that was killed. A hung one is found by its silence.
 */

import { messageOf } from "../base/errors.js";
import { CountBoard } from "../protocol/count-board.js";
import { MAX_PAYLOAD } from "../protocol/frames.js";
import type { PeerIdentity } from "../protocol/hello.js";
import type { LinkServer } from "../protocol/link-server.js";
import { workerSocket } from "../protocol/runtime-directory.js";
import { BOARD_CELLS, type Bus, type BusHandlers, type Peer } from "./bus.js";
import { type BusCounters, newBusCounters } from "./counters.js";
import { HUNG_AFTER, Rhythm, tickLength } from "./heartbeat.js";
import { MeshLink } from "./mesh-link.js";
import { MeshProblems } from "./mesh-problems.js";
import { type Connection, MeshSettler, type Settling } from "./mesh-settler.js";
import { PeerTable, peerOf } from "./peer-table.js";
import { type PeerHandlers, Subscriptions } from "./subscriptions.js";

/** Bytes that may wait for one peer. */
const QUEUE_LIMIT = 64 * 1024 * 1024;

export type MeshOptions = {
  readonly linkServer: LinkServer;
  /** The fleet's directory. */
  readonly directory: string;
  /** Bytes that may wait for one peer; default 64 MiB. `QueueBound` says what happens at the bound. */
  readonly queueLimit?: number;
  /** A peer that is silent for so long is hung, in milliseconds; default 3000. The same in all workers of a fleet. */
  readonly hungAfter?: number;
  /** One sentence about a peer that cannot be reached, does not keep up, is hung, or sends what makes no sense. */
  readonly onProblem?: (sentence: string) => void;
};

type Entry = { readonly peer: Peer; readonly link: MeshLink };

/** The mesh. Whoever owns it makes it, listens with the link server, then calls {@link Mesh.start}. */
export class Mesh implements Bus {
  readonly self: Peer;
  readonly maxPayload = MAX_PAYLOAD;
  readonly board: CountBoard | undefined;
  readonly counters: BusCounters = newBusCounters();
  readonly #directory: string;
  readonly #queueLimit: number;
  readonly #hungAfter: number;
  readonly #problems: MeshProblems;
  readonly #table = new PeerTable<Entry>();
  readonly #subscriptions = new Subscriptions();
  readonly #settler: MeshSettler;
  readonly #timer: NodeJS.Timeout;
  #closed = false;

  constructor({ linkServer, directory, onProblem = () => {}, ...options }: MeshOptions) {
    this.self = peerOf(linkServer.identity);
    this.board = openBoard(directory, linkServer.identity, onProblem);
    this.#directory = directory;
    this.#queueLimit = options.queueLimit ?? QUEUE_LIMIT;
    this.#hungAfter = options.hungAfter ?? HUNG_AFTER;
    this.#problems = new MeshProblems(onProblem);
    this.#settler = new MeshSettler({
      linkServer,
      directory,
      isPeer: (key) => this.#table.get(key) !== undefined,
      open: (connection, settling) => this.#open(connection, settling),
      up: (peer, link) => this.#up({ peer, link }),
      onProblem,
    });
    this.#timer = this.#startTicking();
  }

  /**
   * Dials every worker whose socket is in the directory. The link server must listen by now.
   * Resolves once each was tried: those that live are peers, but for one that is too busy to answer, which joins later.
   */
  start(): Promise<void> {
    return this.#settler.start();
  }

  peers(): readonly Peer[] {
    return this.#table.peers();
  }

  /** Those of them that have been silent for too long. */
  hung(): readonly Peer[] {
    return [...this.#table.entries()].filter(({ link }) => link.hung).map(({ peer }) => peer);
  }

  /** Bytes that wait for all peers together in this process. */
  get queuedBytes(): number {
    let bytes = 0;
    for (const { link } of this.#table.entries()) bytes += link.queuedBytes;
    return bytes;
  }

  /** The living peer of a slot of this host, the newest of those that suit, and its socket. Never this worker itself. */
  peerOfSlot(
    slot: number,
    suits?: (peer: Peer) => boolean,
  ): { readonly peer: Peer; readonly path: string } | undefined {
    const peer = this.#table.newestOfSlot(this.self.identity.host, slot, suits);
    return peer && { peer, path: workerSocket(this.#directory, slot, peer.identity.incarnation) };
  }

  /** Tells what becomes of peers, without a channel. @returns a function that ends it */
  watch(handlers: PeerHandlers): () => void {
    return this.#subscriptions.watch(handlers);
  }

  publish(channel: string, payload: Buffer, volatile = false): void {
    this.counters.published += 1;
    if (this.#isTooLarge(payload)) return;
    for (const { link } of this.#table.entries()) link.message(channel, payload, volatile);
  }

  send(to: readonly Peer[], channel: string, payload: Buffer, volatile = false): void {
    this.counters.published += 1;
    if (this.#isTooLarge(payload)) return;
    for (const { key } of to) {
      const entry = this.#table.get(key);
      if (entry === undefined) this.counters.dropped.noPeer += 1;
      else entry.link.message(channel, payload, volatile);
    }
  }

  subscribe(channel: string, handlers: BusHandlers): () => void {
    return this.#subscriptions.subscribe(channel, handlers);
  }

  /** Sends what waits, then closes every link. The link server stays: it may serve other kinds of links. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#timer);
    this.#subscriptions.clear();
    this.#settler.close();
    for (const { link } of this.#table.entries()) link.end();
    this.#table.clear();
    this.board?.close();
  }

  /** One timer for all links. What has come by the tick is read before it counts, however long this process was busy. */
  #startTicking(): NodeJS.Timeout {
    const rhythm = new Rhythm(this.#hungAfter, performance.now());
    const count = (): void => {
      const tick = rhythm.tick(performance.now());
      for (const { link } of this.#table.entries()) link.tick(tick);
    };
    return setInterval(() => setImmediate(count), tickLength(this.#hungAfter)).unref();
  }

  #isTooLarge(payload: Buffer): boolean {
    if (payload.length <= this.maxPayload) return false;
    this.counters.dropped.tooLarge += 1;
    this.#problems.tooLarge(payload.length, this.maxPayload);
    return true;
  }

  #open({ key, slot, ...connection }: Connection, settling: Settling): MeshLink {
    /** What a link says while it is not used, or no longer, concerns nobody. */
    const ofPeer = (call: (entry: Entry) => void): void => {
      const entry = this.#table.get(key);
      if (entry?.link === link) call(entry);
    };
    const link: MeshLink = new MeshLink({
      ...connection,
      queueLimit: this.#queueLimit,
      counters: this.counters,
      handlers: {
        ...settling,
        message: (channel, payload) => this.#onMessage(key, link, channel, payload),
        lost: (messages) => ofPeer(({ peer }) => this.#onLost(peer, messages)),
        overflow: () => ofPeer(({ peer }) => this.#problems.overflow(peer, this.#queueLimit)),
        fitsAgain: () => ofPeer(({ peer }) => this.#subscriptions.fitsAgain(peer)),
        hung: () => ofPeer(({ peer }) => this.#onHung(peer)),
        back: () => ofPeer(({ peer }) => this.#onBack(peer)),
        malformed: (what) => this.#problems.malformed(slot, key, what),
        close: () => {
          settling.close();
          ofPeer((entry) => this.#down(entry));
        },
      },
    });
    return link;
  }

  #up(entry: Entry): void {
    // Whoever opens a new link has none in its own eyes: the one that we still hold is dead.
    this.#table.get(entry.peer.key)?.link.close("replaced by a newer link");
    this.#table.add(entry);
    this.#subscriptions.peerUp(entry.peer);
  }

  #down(entry: Entry): void {
    this.#table.remove(entry);
    this.#subscriptions.peerDown(entry.peer);
    this.#settler.dialLater(entry.peer);
  }

  #onMessage(key: string, link: MeshLink, channel: string, payload: Buffer): void {
    const entry = this.#table.get(key);
    if (entry?.link !== link) return;
    this.counters.received += 1;
    this.counters.receivedBytes += payload.length;
    const heard = this.#subscriptions.deliver(channel, entry.peer, payload);
    if (!heard) this.counters.dropped.noSubscriber += 1;
  }

  #onLost(from: Peer, messages: number): void {
    this.counters.lost += messages;
    this.#subscriptions.lost(from, messages);
  }

  #onHung(peer: Peer): void {
    this.#problems.hung(peer, this.#hungAfter);
    this.#subscriptions.peerHung(peer);
  }

  #onBack(peer: Peer): void {
    this.#problems.back(peer);
    this.#subscriptions.peerBack(peer);
  }
}

/** Without a board nothing is lost but thrift: broadcasts go to every worker. */
function openBoard(
  directory: string,
  self: PeerIdentity,
  onProblem: (sentence: string) => void,
): CountBoard | undefined {
  try {
    return new CountBoard(directory, self, BOARD_CELLS);
  } catch (error) {
    onProblem(
      `The file of counters cannot be used, so every broadcast goes to every worker: ${messageOf(error)}`,
    );
    return undefined;
  }
}
