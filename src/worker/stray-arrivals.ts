/**
 * Worker (owner): strays that other workers of this host, or the gateway of this host for those of other hosts, bring. Each is served
 * here, or goes on within the host where its session is with another worker; it never leaves the host again.
 */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { BRIDGE_SLOT } from "../protocol/bridge-messages.js";
import type { PeerIdentity } from "../protocol/hello.js";
import type { LoadBoard } from "../protocol/load-board.js";
import type { RequestHead } from "../protocol/messages.js";
import { readSid } from "../routing/request-line.js";
import { ownerOf } from "../routing/sid.js";
import type { AdoptedEngines } from "./adopted-engines.js";
import { HURRY } from "./forward/forwarded-socket.js";
import type { Forwarder, OwnerAddress } from "./forward/forwarder.js";
import type { Departures } from "./handoff/departures.js";
import { refuseRequest, refuseUpgrade } from "./refuse.js";
import { opensSession } from "./route.js";
import type { RouterCounters } from "./router-counters.js";

export type StrayArrivalsOptions = {
  readonly identity: PeerIdentity;
  readonly adopted: AdoptedEngines;
  readonly counters: RouterCounters;
  readonly board: Pick<LoadBoard, "received">;
  readonly forwarder: Forwarder;
  readonly departures: Departures;
  readonly ownerAddress: (slot: number) => OwnerAddress | undefined;
};

/** Where a stray goes on. `sibling`: to the other worker of this slot, which may have its session. */
type Next = { readonly owner: OwnerAddress; readonly sibling: boolean };

export class StrayArrivals {
  readonly #options: StrayArrivalsOptions;

  constructor(options: StrayArrivalsOptions) {
    this.#options = options;
  }

  /**
   * A request that the worker of slot `from` forwarded, or with `BRIDGE_SLOT` one of another host: served here, unless its session is with
   * another worker.
   */
  request(from: number, head: RequestHead, request: IncomingMessage, response: ServerResponse): void {
    if (this.#isRefused(from, head)) {
      refuseRequest(response);
      return;
    }
    const opens = this.#arrived(from, head);
    const serve = (): void => {
      const adopted = this.#options.adopted.servingFor(head);
      const serveHere = (): void => {
        if (adopted === undefined) refuseRequest(response);
        else {
          request.socket.on(HURRY, () => adopted.answerPoll(request));
          adopted.serveRequest(request, response, opens);
        }
      };
      const next = this.#nextFor(from, head);
      if (next === undefined) serveHere();
      else {
        const lost = this.#options.departures.servedIfBack(head, serveHere);
        const origin = { engine: head.engine, client: undefined };
        this.#options.forwarder.request(next.owner, request, response, origin, { gone: () => {}, lost });
      }
    };
    if (!this.#options.departures.mustWait(head, serve)) serve();
  }

  /** An upgrade that the worker of slot `from` tunnels or passed. */
  upgrade(from: number, head: RequestHead, request: IncomingMessage, socket: Duplex, behind: Buffer): void {
    if (this.#isRefused(from, head)) {
      refuseUpgrade(socket);
      return;
    }
    const opens = this.#arrived(from, head);
    const serve = (): void => {
      const adopted = this.#options.adopted.servingFor(head);
      const serveHere = (unread: Buffer): void => {
        if (adopted === undefined) refuseUpgrade(socket);
        else adopted.serveUpgrade(request, socket, unread, opens);
      };
      const next = this.#nextFor(from, head);
      if (next === undefined) {
        serveHere(behind);
        return;
      }
      const otherwise = (unread: Buffer): void => {
        const lost = this.#options.departures.servedIfBack(head, () => serveHere(unread));
        const origin = { engine: head.engine, client: undefined };
        const outcome = { gone: () => {}, lost };
        this.#options.forwarder.upgrade(next.owner, request, socket, unread, origin, outcome);
      };
      const { sibling } = next;
      const stray = { request: head, makeHead: () => head, socket, read: behind, sibling };
      if (!this.#options.departures.follows({ ...stray, serveHere, otherwise })) otherwise(behind);
    };
    if (!this.#options.departures.mustWait(head, serve)) serve();
  }

  /** @returns whether this stray opens a session */
  #arrived(from: number, head: RequestHead): boolean {
    this.#options.counters.straysServed++;
    const opens = opensSession(head);
    if (opens) this.#options.board.received(from);
    return opens;
  }

  /** Another host brings what is for a session, and nothing else: where sessions are opened is each host's own affair. */
  #isRefused(from: number, head: RequestHead): boolean {
    return from === BRIDGE_SLOT && readSid(head.url).kind !== "one";
  }

  /**
   * Where a stray goes on: to the worker that took its session over, or to the other one of this slot when it is not known here. What that one
   * sent has been there. The gateway may bring what is for another slot, too: its links outlive the workers that it chose them for.
   */
  #nextFor(from: number, head: RequestHead): Next | undefined {
    const { identity, ownerAddress, departures, adopted } = this.#options;
    const sid = readSid(head.url);
    if (sid.kind !== "one") return undefined;
    const taker = departures.slotOf(sid.sid);
    if (taker === undefined && (from === identity.slot || adopted.sessionOf(sid.sid) !== undefined))
      return undefined;
    const slot = taker ?? (from === BRIDGE_SLOT ? this.#slotNamedBy(sid.sid) : identity.slot);
    const owner = ownerAddress(slot);
    return owner && { owner, sibling: taker === undefined && slot === identity.slot };
  }

  #slotNamedBy(sid: string): number {
    const { identity } = this.#options;
    const owner = ownerOf(sid);
    return owner?.host === identity.host ? owner.slot : identity.slot;
  }
}
