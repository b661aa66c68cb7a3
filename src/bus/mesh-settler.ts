/**
 * Bus, in a worker: which links of the mesh are used. It takes and dials them until one between any two workers is settled;
 * what is done with a link then, the mesh decides.
 *
 * A worker that listens before it looks is found by every worker that it does not find itself, so a newcomer dials all and
 * nobody else has to. Two newcomers may dial each other. Then the link that the worker with the smaller key dialled is used: the
 * smaller one refuses the other's while its own is on its way or stands; the larger one takes every link of the smaller, and the
 * mesh closes an older one (the smaller dials only when it has none). Two workers are peers from the moment that one link is settled
 * (the acceptor's READY), and nothing is sent before, so that no message is lost with a link that was not chosen, or overtakes
 * another. A link that breaks between two living workers is dialled again by both.
 */

import type { Socket } from "node:net";
import type { Accepted, LinkServer } from "../protocol/link-server.js";
import { listWorkerSockets, workerSocket } from "../protocol/runtime-directory.js";
import type { Peer } from "./bus.js";
import { type DialOutcome, MeshDialer, type Target } from "./mesh-dialer.js";
import { MalformedFrame, type Refusal } from "./mesh-frames.js";
import type { MeshLink, MeshLinkHandlers } from "./mesh-link.js";
import { peerKey, peerOf } from "./peer-table.js";

/** Whoever welcomed a link says in the same turn whether it is used; longer than this it is stuck. Milliseconds. */
const SETTLE_TIMEOUT = 5000;

/** What a link tells while it is not settled. */
export type Settling = Pick<MeshLinkHandlers, "ready" | "refused" | "close">;

/** A connection that said, or was said, hello. */
export type Connection = {
  readonly key: string;
  readonly slot: number;
  readonly socket: Socket;
  readonly head: Buffer;
  readonly dialled: boolean;
};

export type MeshSettlerOptions = {
  readonly linkServer: LinkServer;
  /** The fleet's directory. */
  readonly directory: string;
  /** Whether a link to this worker is used already. */
  readonly isPeer: (key: string) => boolean;
  readonly open: (connection: Connection, settling: Settling) => MeshLink;
  /** The link is settled. */
  readonly up: (peer: Peer, link: MeshLink) => void;
  readonly onProblem: (sentence: string) => void;
};

export class MeshSettler {
  readonly #options: MeshSettlerOptions;
  readonly #self: Peer;
  readonly #dialer: MeshDialer;
  #closed = false;

  constructor(options: MeshSettlerOptions) {
    const { linkServer, isPeer, onProblem } = options;
    this.#options = options;
    this.#self = peerOf(linkServer.identity);
    this.#dialer = new MeshDialer({
      linkServer,
      connected: (target, socket, head) => this.#onDialled(target, socket, head),
      wanted: ({ key }) => !this.#closed && !isPeer(key),
      onProblem,
    });
    linkServer.onLink("bus", (accepted) => this.#onAccepted(accepted));
  }

  /** Dials every worker whose socket is in the directory. Resolves once each was tried; never rejects for one of them. */
  async start(): Promise<void> {
    const found = listWorkerSockets(this.#options.directory);
    const targets = found.map(({ slot, incarnation, path }) => ({
      key: peerKey({ host: this.#self.identity.host, slot, incarnation }),
      slot,
      path,
    }));
    const others = targets.filter((target) => target.key !== this.#self.key);
    await Promise.all(others.map((target) => this.#dialer.dial(target)));
  }

  /** The link to this one is gone. If it lives, it comes back. */
  dialLater({ key, identity: { slot, incarnation } }: Peer): void {
    this.#dialer.dialLater({ key, slot, path: workerSocket(this.#options.directory, slot, incarnation) });
  }

  /** Afterwards no link is taken or dialled. Those that are settled are left alone. */
  close(): void {
    this.#closed = true;
    this.#dialer.close();
  }

  #onAccepted({ hello, socket, head }: Accepted): void {
    const peer = peerOf(hello);
    const refusal = this.#refusal(peer.key);
    const connection = { key: peer.key, slot: hello.slot, socket, head, dialled: false };
    const link = this.#options.open(connection, { ready() {}, refused() {}, close() {} });
    if (refusal !== undefined) {
      link.refuse(refusal);
      return;
    }
    link.ready(this.#self.identity);
    this.#options.up(peer, link);
  }

  /** The rule for two links between the same two workers. */
  #refusal(key: string): Refusal | undefined {
    if (this.#closed) return "closed";
    const ours = this.#dialer.isDialling(key) || this.#options.isPeer(key);
    return ours && this.#self.key <= key ? "duplicate" : undefined;
  }

  #onDialled({ key, slot }: Target, socket: Socket, head: Buffer): Promise<DialOutcome> {
    return new Promise((resolve) => {
      const settle = (outcome: DialOutcome): void => {
        clearTimeout(timer);
        resolve(outcome);
      };
      const link: MeshLink = this.#options.open(
        { key, slot, socket, head, dialled: true },
        {
          ready: (identity) => {
            const peer = peerOf(identity);
            if (peer.key !== key) throw new MalformedFrame(`a READY of another worker, ${peer.key},`);
            if (this.#closed) return link.close("not wanted any more");
            settle("used");
            this.#options.up(peer, link);
          },
          refused: () => {
            settle("refused");
            link.close("refused");
          },
          close: () => settle("lost"),
        },
      );
      const timer = setTimeout(() => link.close("not settled in time"), SETTLE_TIMEOUT).unref();
    });
  }
}
