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
import { ownerOf, sidPrefix } from "../routing/sid.js";
import type { ConnectionMover } from "./connection-mover.js";
import type { Forwarder, OwnerAddress } from "./forward/forwarder.js";
import { type Engine, hasSession } from "./internals/engine.js";
import type { Passages } from "./passages.js";
import type { PlacementDesk } from "./placement.js";
import { refuseRequest, refuseUpgrade } from "./refuse.js";
import { requestHead } from "./request-head.js";
import type { SessionCount } from "./session-count.js";

export type EngineRouterOptions = {
  readonly identity: PeerIdentity;
  readonly sessions: SessionCount;
  readonly placement: PlacementDesk;
  readonly board: Pick<LoadBoard, "sent" | "received">;
  readonly forwarder: Forwarder;
  /** Where the worker of a slot is reached, while it lives. */
  readonly ownerAddress: (slot: number) => OwnerAddress | undefined;
  /** Both need the primary; a worker without one forwards and tunnels. */
  readonly passages?: Passages;
  readonly mover?: ConnectionMover;
};

/** The engine's own methods, before they were wrapped. */
type Adopted = {
  readonly engine: Engine;
  readonly request: Engine["handleRequest"];
  readonly upgrade: Engine["handleUpgrade"];
};

/** Where a request goes: `slot` undefined means here. */
type Route = { readonly slot: number | undefined; readonly opens: boolean; readonly refused?: true };

const HERE: Route = { slot: undefined, opens: false };
/** Two sids in one request: proxies, Holdfast and the engine might each believe another. */
const REFUSED: Route = { slot: undefined, opens: false, refused: true };

export class EngineRouter {
  readonly #options: EngineRouterOptions;
  readonly #prefix: string;
  readonly #adopted: Adopted[] = [];
  readonly #prefixing = new WeakSet<object>();
  #forwarded = 0;
  #passed = 0;
  #tunnelled = 0;
  #served = 0;

  constructor(options: EngineRouterOptions) {
    this.#options = options;
    this.#prefix = sidPrefix(options.identity);
  }

  get engines(): readonly Engine[] {
    return this.#adopted.map(({ engine }) => engine);
  }

  get counters(): {
    requestsForwarded: number;
    upgradesPassed: number;
    upgradesTunnelled: number;
    straysServed: number;
  } {
    return {
      requestsForwarded: this.#forwarded,
      upgradesPassed: this.#passed,
      upgradesTunnelled: this.#tunnelled,
      straysServed: this.#served,
    };
  }

  /** Takes an engine over; a second call for the same one does nothing. */
  adopt(engine: Engine): void {
    if (this.#adopted.some((adopted) => adopted.engine === engine)) return;
    const adopted: Adopted = {
      engine,
      request: engine.handleRequest.bind(engine),
      upgrade: engine.handleUpgrade.bind(engine),
    };
    const index = this.#adopted.push(adopted) - 1;
    engine.handleRequest = (request, response) => this.#onRequest(adopted, index, request, response);
    engine.handleUpgrade = (request, socket, head) => this.#onUpgrade(adopted, index, request, socket, head);
    this.#options.sessions.track(engine);
  }

  /** A request that another worker forwarded: served here, whatever its sid says. */
  serveRequest(from: number, head: RequestHead, request: IncomingMessage, response: ServerResponse): void {
    const adopted = this.#engineFor(head);
    const opens = this.#received(from, head);
    if (adopted === undefined) {
      response.writeHead(400).end();
      return;
    }
    this.#serveRequest(adopted, request, response, opens);
  }

  /** An upgrade that another worker tunnels or passed. */
  serveUpgrade(
    from: number,
    head: RequestHead,
    request: IncomingMessage,
    socket: Duplex,
    behind: Buffer,
  ): void {
    const adopted = this.#engineFor(head);
    const opens = this.#received(from, head);
    if (adopted === undefined) socket.destroy();
    else this.#serveUpgrade(adopted, request, socket, behind, opens);
  }

  /** @returns whether this stray opens a session */
  #received(from: number, head: RequestHead): boolean {
    this.#served++;
    const opens = readSid(head.url).kind === "none" && head.method === "GET";
    if (opens) this.#options.board.received(from);
    return opens;
  }

  #onRequest(adopted: Adopted, index: number, request: IncomingMessage, response: ServerResponse): void {
    const { forwarder, mover } = this.#options;
    const { slot, opens, refused } = this.#route(adopted.engine, request);
    if (refused) {
      refuseRequest(response);
      return;
    }
    const owner = slot === undefined ? undefined : this.#options.ownerAddress(slot);
    if (slot === undefined || owner === undefined) {
      mover?.served(request.socket);
      this.#serveRequest(adopted, request, response, opens);
      return;
    }
    this.#forwarded++;
    const notSent = opens ? this.#sent(slot) : () => {};
    mover?.stray(request.socket, slot, response);
    forwarder.request(owner, request, response, index, {
      gone: notSent,
      lost: () => {
        notSent();
        this.#serveRequest(adopted, request, response, opens);
      },
    });
  }

  #onUpgrade(adopted: Adopted, index: number, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { slot, opens, refused } = this.#route(adopted.engine, request);
    if (refused) {
      refuseUpgrade(socket);
      return;
    }
    const owner = slot === undefined ? undefined : this.#options.ownerAddress(slot);
    if (slot === undefined || owner === undefined) {
      this.#serveUpgrade(adopted, request, socket, head, opens);
      return;
    }
    const notSent = opens ? this.#sent(slot) : () => {};
    // Between Node's http and the engine nobody listens, and a connection that breaks now must not end the process.
    socket.on("error", () => {});
    const tunnel = (behind: Buffer): void => {
      this.#tunnelled++;
      this.#options.forwarder.upgrade(owner, request, socket, behind, index, {
        gone: notSent,
        lost: () => {
          notSent();
          this.#serveUpgrade(adopted, request, socket, behind, opens);
        },
      });
    };
    const { passages } = this.#options;
    const handle = passages?.movable(socket);
    if (passages === undefined || handle === undefined) {
      tunnel(head);
      return;
    }
    passages.offerUpgrade(slot, requestHead(request, index), socket, handle, head, {
      accepted: () => {
        this.#passed++;
      },
      refused: tunnel,
    });
  }

  /** A session is on its way to a slot. @returns to be called if it never gets there */
  #sent(slot: number): () => void {
    const { board } = this.#options;
    board.sent(slot, 1);
    return () => board.sent(slot, -1);
  }

  #serveRequest(adopted: Adopted, request: IncomingMessage, response: ServerResponse, opens: boolean): void {
    if (opens) this.#open(adopted.engine, request, response);
    adopted.request(request, response);
  }

  #serveUpgrade(
    adopted: Adopted,
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    opens: boolean,
  ): void {
    if (opens) this.#open(adopted.engine, request, socket);
    adopted.upgrade(request, socket, head);
  }

  #open(engine: Engine, request: IncomingMessage, ends: ServerResponse | Duplex): void {
    this.#prefixIds(engine);
    this.#options.sessions.reserve(request, ends);
  }

  /** The app may have set its own `generateId` since the last handshake: whatever it makes gets our prefix. */
  #prefixIds(engine: Engine): void {
    const own = engine.generateId;
    if (this.#prefixing.has(own)) return;
    const prefixed = async (request: IncomingMessage): Promise<string> =>
      this.#prefix + (await own.call(engine, request));
    this.#prefixing.add(prefixed);
    engine.generateId = prefixed;
  }

  #route(engine: Engine, request: IncomingMessage): Route {
    const sid = readSid(request.url ?? "");
    if (sid.kind === "invalid") return REFUSED;
    if (sid.kind === "none") return this.#routeNewcomer(request);
    const owner = ownerOf(sid.sid);
    const { host, slot } = this.#options.identity;
    if (owner === undefined || owner.host !== host || owner.slot === slot || hasSession(engine, sid.sid))
      return HERE;
    return { slot: owner.slot, opens: false };
  }

  #routeNewcomer(request: IncomingMessage): Route {
    if (request.method !== "GET") return HERE;
    const slot = this.#options.placement.choose(request);
    return { slot: slot === this.#options.identity.slot ? undefined : slot, opens: true };
  }

  /** The engine that has the session; for a newcomer the one that was made at the same place in the app. */
  #engineFor(head: RequestHead): Adopted | undefined {
    const sid = readSid(head.url);
    const byPlace = this.#adopted[head.engine] ?? this.#adopted[0];
    if (sid.kind !== "one") return byPlace;
    return this.#adopted.find(({ engine }) => hasSession(engine, sid.sid)) ?? byPlace;
  }
}
