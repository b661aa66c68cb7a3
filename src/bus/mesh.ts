/**
 * Bus, in a worker: a Unix socket to every other worker of this host; needs no primary and never keeps the process alive.
 * A closed link is the death notice: the kernel closes the sockets of a process that was killed.
 */

import type { Socket } from "node:net";
import { messageOf } from "../base/errors.js";
import { CountBoard } from "../protocol/count-board.js";
import { MAX_PAYLOAD } from "../protocol/frames.js";
import type { PeerIdentity } from "../protocol/hello.js";
import type { Accepted, LinkServer } from "../protocol/link-server.js";
import { listWorkerSockets, workerSocket } from "../protocol/runtime-directory.js";
import { BOARD_CELLS, type Bus, type BusHandlers, type Peer } from "./bus.js";
import { type BusCounters, newBusCounters } from "./counters.js";
import { type DialOutcome, MeshDialer, type Target } from "./mesh-dialer.js";
import type { Refusal } from "./mesh-frames.js";
import { MeshLink, type MeshLinkHandlers } from "./mesh-link.js";
import { PeerTable, peerKey, peerOf } from "./peer-table.js";
import { Subscriptions } from "./subscriptions.js";

/** Bytes that may wait for one peer. */
const QUEUE_LIMIT = 64 * 1024 * 1024;

export type MeshOptions = {
  readonly linkServer: LinkServer;
  /** The fleet's directory. */
  readonly directory: string;
  /** Bytes that may wait for one peer; default 64 MiB. See {@link MeshLink.message} for what happens at the bound. */
  readonly queueLimit?: number;
  /** One sentence about a peer that cannot be reached or does not keep up. */
  readonly onProblem?: (sentence: string) => void;
};

type Entry = { readonly peer: Peer; readonly link: MeshLink };

/**
 * The mesh. Whoever owns it makes it, listens with the link server, then calls {@link Mesh.start}: a worker that listens before
 * it looks is found by every worker that it does not find itself, so a newcomer dials all and nobody else has to.
 *
 * Two newcomers may dial each other. Then the link that the worker with the smaller key dialled is used: the smaller one refuses
 * the other's while its own is on its way or stands; the larger one takes every link of the smaller, and closes an older one
 * (the smaller dials only when it has none). A worker is a peer from the moment that one link is settled (the acceptor's
 * READY), and nothing is sent before, so that no message is lost with a link that was not chosen, or overtakes another.
 * A link that breaks between two living workers is dialled again by both.
 */
export class Mesh implements Bus {
  readonly self: Peer;
  readonly maxPayload = MAX_PAYLOAD;
  readonly board: CountBoard | undefined;
  readonly counters: BusCounters = newBusCounters();
  readonly #directory: string;
  readonly #queueLimit: number;
  readonly #onProblem: (sentence: string) => void;
  readonly #table = new PeerTable<Entry>();
  readonly #subscriptions = new Subscriptions();
  readonly #dialer: MeshDialer;
  #closed = false;

  constructor({ linkServer, directory, queueLimit = QUEUE_LIMIT, onProblem = () => {} }: MeshOptions) {
    this.self = peerOf(linkServer.identity);
    this.board = openBoard(directory, linkServer.identity, onProblem);
    this.#directory = directory;
    this.#queueLimit = queueLimit;
    this.#onProblem = onProblem;
    this.#dialer = new MeshDialer({
      linkServer,
      connected: (target, socket, head) => this.#onDialled(target, socket, head),
      wanted: ({ key }) => !this.#closed && this.#table.get(key) === undefined,
      onProblem,
    });
    linkServer.onLink("bus", (accepted) => this.#onAccepted(accepted));
  }

  /**
   * Dials every worker whose socket is in the directory. The link server must listen by now.
   * Resolves once each was tried: those that live are peers, but for one that is too busy to answer, which joins later.
   */
  async start(): Promise<void> {
    const targets = listWorkerSockets(this.#directory).map(({ slot, incarnation, path }) => ({
      key: peerKey({ host: this.self.identity.host, slot, incarnation }),
      slot,
      path,
    }));
    const others = targets.filter((target) => target.key !== this.self.key);
    await Promise.all(others.map((target) => this.#dialer.dial(target)));
  }

  peers(): readonly Peer[] {
    return this.#table.peers();
  }

  /** The living peer of a slot of this host, its newest where a reload runs, and its socket. Never this worker itself. */
  peerOfSlot(slot: number): { readonly peer: Peer; readonly path: string } | undefined {
    const peer = this.#table.newestOfSlot(this.self.identity.host, slot);
    return peer && { peer, path: workerSocket(this.#directory, slot, peer.identity.incarnation) };
  }

  /** Tells who comes and who goes, without a channel. @returns a function that ends it */
  watch(handlers: Pick<BusHandlers, "peerUp" | "peerDown">): () => void {
    return this.#subscriptions.watch(handlers);
  }

  publish(channel: string, payload: Buffer, volatile = false): void {
    this.counters.published += 1;
    for (const { link } of this.#table.entries()) link.message(channel, payload, volatile);
  }

  send(to: readonly Peer[], channel: string, payload: Buffer, volatile = false): void {
    this.counters.published += 1;
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
    this.#subscriptions.clear();
    this.#dialer.close();
    for (const { link } of this.#table.entries()) link.end();
    this.#table.clear();
    this.board?.close();
  }

  #onAccepted({ hello, socket, head }: Accepted): void {
    const peer = peerOf(hello);
    const refusal = this.#refusal(peer.key);
    const link = this.#open(peer.key, socket, head, { ready: () => {}, refused: () => {}, close: () => {} });
    if (refusal !== undefined) {
      link.refuse(refusal);
      return;
    }
    link.ready(this.self.identity);
    this.#up({ peer, link });
  }

  /** The rule for two links between the same two workers; see the class. */
  #refusal(key: string): Refusal | undefined {
    if (this.#closed) return "closed";
    const ours = this.#dialer.isDialling(key) || this.#table.get(key) !== undefined;
    return ours && this.self.key <= key ? "duplicate" : undefined;
  }

  /** Settles always: the acceptor sends READY or REFUSED in the turn of its welcome, or the link closes. */
  #onDialled({ key }: Target, socket: Socket, head: Buffer): Promise<DialOutcome> {
    return new Promise((resolve) => {
      const link = this.#open(key, socket, head, {
        ready: (identity) => {
          const peer = peerOf(identity);
          if (peer.key === key && !this.#closed) {
            resolve("used");
            this.#up({ peer, link });
          } else {
            link.close("not wanted any more");
          }
        },
        refused: () => {
          resolve("refused");
          link.close("refused");
        },
        close: () => resolve("lost"),
      });
    });
  }

  #open(
    key: string,
    socket: Socket,
    head: Buffer,
    settling: Pick<MeshLinkHandlers, "ready" | "refused" | "close">,
  ): MeshLink {
    const link: MeshLink = new MeshLink({
      socket,
      head,
      queueLimit: this.#queueLimit,
      counters: this.counters,
      handlers: {
        ready: settling.ready,
        refused: settling.refused,
        message: (channel, payload) => this.#onMessage(key, link, channel, payload),
        overflow: () => this.#onOverflow(key),
        close: () => {
          settling.close();
          this.#onLinkClosed(key, link);
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

  #onLinkClosed(key: string, link: MeshLink): void {
    const entry = this.#table.get(key);
    if (entry?.link !== link) return;
    this.#table.remove(entry);
    this.#subscriptions.peerDown(entry.peer);
    const { slot, incarnation } = entry.peer.identity;
    this.#dialer.dialLater({ key, slot, path: workerSocket(this.#directory, slot, incarnation) });
  }

  #onMessage(key: string, link: MeshLink, channel: string, payload: Buffer): void {
    const entry = this.#table.get(key);
    if (entry?.link !== link) return;
    this.counters.received += 1;
    this.counters.receivedBytes += payload.length;
    const heard = this.#subscriptions.deliver(channel, entry.peer, payload);
    if (!heard) this.counters.dropped.noSubscriber += 1;
  }

  #onOverflow(key: string): void {
    const slot = this.#table.get(key)?.peer.identity.slot;
    this.#onProblem(
      `The worker of slot ${slot} has ${this.#queueLimit} bytes of the bus unread: messages to it are dropped until it reads again.`,
    );
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
