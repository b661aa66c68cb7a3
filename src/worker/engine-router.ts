/**
 * Worker: stands before every engine of the app. Each request is served here, forwarded to the owner that its sid names, or, where
 * it opens a session, placed by the policy. The app's own handlers, options and ids stay as they are.
 */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { PeerIdentity } from "../protocol/hello.js";
import type { LoadBoard } from "../protocol/load-board.js";
import type { RequestHead } from "../protocol/messages.js";
import { readSid } from "../routing/request-line.js";
import { sidPrefix } from "../routing/sid.js";
import { AcceptedOrigin } from "./accepted-origin.js";
import { AdoptedEngine } from "./adopted-engine.js";
import { AdoptedEngines } from "./adopted-engines.js";
import type { ClientResolver } from "./client-resolver.js";
import type { ConnectionMover } from "./connection-mover.js";
import type { Forwarder, OwnerAddress } from "./forward/forwarder.js";
import type { Departures } from "./handoff/departures.js";
import { RequestsUnderWay } from "./handoff/session/requests-under-way.js";
import { showOnConnection, showOnRequest } from "./internals/client-socket.js";
import { type Engine, looksAtRequests } from "./internals/engine.js";
import type { Passages } from "./passages.js";
import type { PlacementDesk } from "./placement.js";
import { refuseRequest, refuseUpgrade } from "./refuse.js";
import { type RequestOrigin, requestHead } from "./request-head.js";
import { opensSession, type Route, routeOf } from "./route.js";
import { newRouterCounters } from "./router-counters.js";
import type { SessionCount } from "./session-count.js";

export type EngineRouterOptions = {
  readonly identity: PeerIdentity;
  readonly sessions: SessionCount;
  readonly placement: PlacementDesk;
  readonly clients: ClientResolver;
  readonly board: Pick<LoadBoard, "sent" | "received">;
  readonly forwarder: Forwarder;
  /** Sessions that left. */
  readonly departures: Departures;
  /** Where the worker of a slot is reached, while it lives; for this one's slot, the other worker that it has during a reload. */
  readonly ownerAddress: (slot: number) => OwnerAddress | undefined;
  /** Both need the primary; a worker without one forwards and tunnels. */
  readonly passages?: Passages;
  readonly mover?: ConnectionMover;
};

/** A request that goes to another worker, and what is to be done if it cannot. */
type Departure = {
  readonly origin: RequestOrigin;
  readonly slot: number;
  readonly owner: OwnerAddress;
  /** A session that was counted as under way to the slot is not. */
  readonly recall: () => void;
};

/** Where a stray goes on. `sibling`: to the other worker of this slot, which may have its session. */
type Next = { readonly owner: OwnerAddress; readonly sibling: boolean };

export class EngineRouter {
  readonly counters = newRouterCounters();
  readonly underWay = new RequestsUnderWay();
  readonly adopted = new AdoptedEngines();
  readonly #options: EngineRouterOptions;
  readonly #departures: Departures;
  readonly #prefix: string;
  #starting: Promise<void> | undefined;

  constructor(options: EngineRouterOptions) {
    this.#options = options;
    this.#departures = options.departures;
    this.#prefix = sidPrefix(options.identity);
  }

  /** @param known settles, without an error, once the workers that live are known */
  startsWith(known: Promise<void>): void {
    this.#starting = known.then(() => {
      this.#starting = undefined;
    });
  }

  get engines(): readonly Engine[] {
    return this.adopted.engines;
  }

  /** Takes an engine over; a second call for the same one does nothing. */
  adopt(engine: Engine): void {
    if (this.adopted.has(engine)) return;
    const { sessions } = this.#options;
    const own = { prefix: this.#prefix, sessions, underWay: this.underWay };
    const adopted = new AdoptedEngine(engine, this.adopted.all.length, own);
    this.adopted.add(adopted);
    engine.handleRequest = (request, response) => this.#onRequest(adopted, request, response);
    engine.handleUpgrade = (request, socket, head) => this.#onUpgrade(adopted, request, socket, head);
  }

  /** A request that the worker of slot `from` forwarded: served here, unless its session is with another worker that shares or had this slot. */
  serveRequest(from: number, head: RequestHead, request: IncomingMessage, response: ServerResponse): void {
    const opens = this.#arrived(from, head);
    const serve = (): void => {
      const adopted = this.adopted.servingFor(head);
      const serveHere = (): void => {
        if (adopted === undefined) refuseRequest(response);
        else adopted.serveRequest(request, response, opens);
      };
      const next = this.#nextFor(from, head);
      if (next === undefined) serveHere();
      else {
        const lost = this.#departures.servedIfBack(head, serveHere);
        const origin = { engine: head.engine, client: undefined };
        this.#options.forwarder.request(next.owner, request, response, origin, { gone: () => {}, lost });
      }
    };
    if (!this.#departures.mustWait(head, serve)) serve();
  }

  /** An upgrade that the worker of slot `from` tunnels or passed. */
  serveUpgrade(
    from: number,
    head: RequestHead,
    request: IncomingMessage,
    socket: Duplex,
    behind: Buffer,
  ): void {
    const opens = this.#arrived(from, head);
    const serve = (): void => {
      const adopted = this.adopted.servingFor(head);
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
        const lost = this.#departures.servedIfBack(head, () => serveHere(unread));
        const origin = { engine: head.engine, client: undefined };
        const outcome = { gone: () => {}, lost };
        this.#options.forwarder.upgrade(next.owner, request, socket, unread, origin, outcome);
      };
      const { sibling } = next;
      const stray = { request: head, makeHead: () => head, socket, read: behind, sibling };
      if (!this.#departures.follows({ ...stray, serveHere, otherwise })) otherwise(behind);
    };
    if (!this.#departures.mustWait(head, serve)) serve();
  }

  #onRequest(adopted: AdoptedEngine, request: IncomingMessage, response: ServerResponse): void {
    if (this.#departures.mustWait(request, () => this.#onRequest(adopted, request, response))) return;
    const origin = this.#originOf(adopted, request);
    const route = this.#route(adopted, request, origin);
    if (route.to === "nobody") {
      refuseRequest(response);
      return;
    }
    const departure = this.#departure(route, origin);
    if (this.#mustWait(route, departure, () => this.#onRequest(adopted, request, response))) return;
    const serveHere = (): void => {
      const shown = route.opens || looksAtRequests(adopted.engine);
      if (shown && origin.client !== undefined) showOnRequest(request, origin.client);
      adopted.serveRequest(request, response, route.opens);
    };
    if (departure === undefined) {
      this.#options.mover?.served(request.socket);
      serveHere();
    } else {
      this.#forward(departure, request, response, serveHere);
    }
  }

  #forward(
    { slot, owner, origin, recall }: Departure,
    request: IncomingMessage,
    response: ServerResponse,
    serveHere: () => void,
  ): void {
    this.counters.requestsForwarded++;
    if (slot !== this.#options.identity.slot) this.#options.mover?.stray(request.socket, slot, response);
    const back = this.#departures.servedIfBack(request, serveHere);
    const lost = (): void => {
      recall();
      back();
    };
    this.#options.forwarder.request(owner, request, response, origin, { gone: recall, lost });
  }

  #onUpgrade(adopted: AdoptedEngine, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (this.#departures.mustWait(request, () => this.#onUpgrade(adopted, request, socket, head))) return;
    const origin = this.#originOf(adopted, request);
    const route = this.#route(adopted, request, origin);
    if (route.to === "nobody") {
      refuseUpgrade(socket);
      return;
    }
    const departure = this.#departure(route, origin);
    if (this.#mustWait(route, departure, () => this.#onUpgrade(adopted, request, socket, head))) return;
    const serveHere = (behind: Buffer): void => {
      if (origin.client !== undefined) showOnConnection(socket, origin.client);
      adopted.serveUpgrade(request, socket, behind, route.opens);
    };
    if (departure === undefined) serveHere(head);
    else this.#send(departure, request, socket, head, serveHere);
  }

  /** Passes the connection where that can be, else tunnels it. */
  #send(
    { slot, owner, origin, recall }: Departure,
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    serveHere: (behind: Buffer) => void,
  ): void {
    // Between Node's http and the engine nobody listens, and a connection that breaks now must not end the process.
    socket.on("error", () => {});
    const tunnel = (behind: Buffer): void => {
      this.counters.upgradesTunnelled++;
      const lost = (): void => {
        recall();
        serveHere(behind);
      };
      this.#options.forwarder.upgrade(owner, request, socket, behind, origin, { gone: recall, lost });
    };
    const sibling = slot === this.#options.identity.slot;
    const makeHead = (): RequestHead => requestHead(request, origin);
    const stray = { request, makeHead, socket, read: head, sibling, serveHere, otherwise: tunnel };
    if (this.#departures.follows(stray)) return;
    const { passages } = this.#options;
    const handle = passages?.movable(socket);
    // The primary passes on to a slot, and would bring it back here.
    if (passages === undefined || handle === undefined || sibling) {
      tunnel(head);
      return;
    }
    const accepted = (): void => {
      this.counters.upgradesPassed++;
    };
    passages.offerUpgrade(slot, makeHead(), socket, handle, head, {
      accepted,
      refused: tunnel,
    });
  }

  #originOf({ place }: AdoptedEngine, request: IncomingMessage): RequestOrigin {
    return new AcceptedOrigin(place, request, this.#options.clients);
  }

  #route({ engine }: AdoptedEngine, request: IncomingMessage, origin: RequestOrigin): Route {
    const { identity, placement } = this.#options;
    const place = (): number => placement.choose(request, origin.client);
    return routeOf(request, engine, identity, place, (sid) => this.#departures.slotOf(sid));
  }

  /** @returns undefined where the request is served here: its route says so, or the owner does not live */
  #departure(route: Exclude<Route, { to: "nobody" }>, origin: RequestOrigin): Departure | undefined {
    if (route.to === "here") return undefined;
    const { slot } = route;
    const { ownerAddress, board } = this.#options;
    const owner = ownerAddress(slot);
    if (owner === undefined) return undefined;
    if (!route.opens) return { slot, owner, origin, recall: () => {} };
    board.sent(slot, 1);
    return { slot, owner, origin, recall: () => board.sent(slot, -1) };
  }

  /** A process that has just begun does not know the others yet: what is theirs waits, instead of being refused as a dead one's. */
  #mustWait(route: Route, departure: Departure | undefined, again: () => void): boolean {
    if (route.to !== "slot" || departure !== undefined || this.#starting === undefined) return false;
    void this.#starting.then(again);
    return true;
  }

  /** @returns whether this stray opens a session */
  #arrived(from: number, head: RequestHead): boolean {
    this.counters.straysServed++;
    const opens = opensSession(head);
    if (opens) this.#options.board.received(from);
    return opens;
  }

  /**
   * Where a stray goes on: to the worker that took its session over, or to the other one of this slot when it is not known here. What that one
   * sent has been there.
   */
  #nextFor(from: number, head: RequestHead): Next | undefined {
    const { identity, ownerAddress } = this.#options;
    const sid = readSid(head.url);
    if (sid.kind !== "one") return undefined;
    const taker = this.#departures.slotOf(sid.sid);
    const sibling = taker === undefined;
    if (sibling && (from === identity.slot || this.adopted.sessionOf(sid.sid) !== undefined))
      return undefined;
    const owner = ownerAddress(taker ?? identity.slot);
    return owner && { owner, sibling };
  }
}
