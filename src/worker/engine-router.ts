/**
 * Worker: stands before every engine of the app. Each request is served here, forwarded to the owner that its sid names, or, where
 * it opens a session, placed by the policy. The app's own handlers, options and ids stay as they are.
 */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { PeerIdentity } from "../protocol/hello.js";
import type { LoadBoard } from "../protocol/load-board.js";
import type { RequestHead } from "../protocol/messages.js";
import { type Owner, sidPrefix } from "../routing/sid.js";
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
import type { RemoteHosts } from "./remote/remote-hosts.js";
import { type RequestOrigin, requestHead } from "./request-head.js";
import { type Route, routeOf } from "./route.js";
import { newRouterCounters } from "./router-counters.js";
import type { SessionCount } from "./session-count.js";
import { StrayArrivals } from "./stray-arrivals.js";

export type EngineRouterOptions = {
  readonly identity: PeerIdentity;
  readonly sessions: SessionCount;
  readonly placement: PlacementDesk;
  readonly clients: ClientResolver;
  readonly board: Pick<LoadBoard, "sent" | "received">;
  readonly forwarder: Forwarder;
  /** Other hosts of the site. */
  readonly hosts: Pick<RemoteHosts, "reaches" | "request" | "upgrade">;
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

export class EngineRouter {
  readonly counters = newRouterCounters();
  readonly underWay = new RequestsUnderWay();
  readonly adopted = new AdoptedEngines();
  readonly #options: EngineRouterOptions;
  readonly #departures: Departures;
  readonly #prefix: string;
  /** What other workers bring. */
  readonly arrivals: StrayArrivals;
  #starting: Promise<void> | undefined;

  constructor(options: EngineRouterOptions) {
    this.#options = options;
    this.#departures = options.departures;
    this.#prefix = sidPrefix(options.identity);
    this.arrivals = new StrayArrivals({ ...options, adopted: this.adopted, counters: this.counters });
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

  #onRequest(adopted: AdoptedEngine, request: IncomingMessage, response: ServerResponse): void {
    if (this.#departures.mustWait(request, () => this.#onRequest(adopted, request, response))) return;
    const origin = this.#originOf(adopted, request);
    const route = this.#route(adopted, request, origin);
    if (route.to === "nobody") {
      refuseRequest(response);
      return;
    }
    const serveHere = (): void => {
      const shown = route.opens || looksAtRequests(adopted.engine);
      if (shown && origin.client !== undefined) showOnRequest(request, origin.client);
      adopted.serveRequest(request, response, route.opens);
    };
    if (route.to === "host") {
      this.#forwardToHost(route.owner, request, response, origin, serveHere);
      return;
    }
    const departure = this.#departure(route, origin);
    if (this.#mustWait(route, departure, () => this.#onRequest(adopted, request, response))) return;
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
    const serveHere = (behind: Buffer): void => {
      if (origin.client !== undefined) showOnConnection(socket, origin.client);
      adopted.serveUpgrade(request, socket, behind, route.opens);
    };
    if (route.to === "host") {
      this.#tunnelToHost(route.owner, request, socket, head, origin, () => serveHere(head));
      return;
    }
    const departure = this.#departure(route, origin);
    if (this.#mustWait(route, departure, () => this.#onUpgrade(adopted, request, socket, head))) return;
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

  /** A sid that names no host, or one that cannot be reached, is refused by the engine at once: anybody can make one up. */
  #forwardToHost(
    owner: Owner,
    request: IncomingMessage,
    response: ServerResponse,
    origin: RequestOrigin,
    serveHere: () => void,
  ): void {
    const { hosts } = this.#options;
    if (!hosts.reaches(owner)) {
      serveHere();
      return;
    }
    this.counters.requestsForwardedToHosts++;
    hosts.request(owner, request, response, origin, { gone: () => {}, lost: serveHere });
  }

  #tunnelToHost(
    owner: Owner,
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    origin: RequestOrigin,
    serveHere: () => void,
  ): void {
    const { hosts } = this.#options;
    if (!hosts.reaches(owner)) {
      serveHere();
      return;
    }
    // Between Node's http and the engine nobody listens, and a connection that breaks now must not end the process.
    socket.on("error", () => {});
    this.counters.upgradesTunnelledToHosts++;
    hosts.upgrade(owner, request, socket, head, origin, { gone: () => {}, lost: serveHere });
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
  #departure(route: Exclude<Route, { to: "nobody" | "host" }>, origin: RequestOrigin): Departure | undefined {
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
}
