/** Worker: an engine of the app with its own methods as they were, and what Holdfast adds to a session that opens here. */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { readSid } from "../routing/request-line.js";
import { watchHeartbeats } from "./handoff/session/heartbeat.js";
import type { RequestsUnderWay } from "./handoff/session/requests-under-way.js";
import { type Engine, hasSession, looksAtRequests } from "./internals/engine.js";
import { answerPoll, type EngineConnection } from "./internals/engine-session.js";
import { noteOwnListeners } from "./internals/socket-io-hooks.js";
import type { SessionCount } from "./session-count.js";

export type OpenOptions = {
  /** Stands before every sid that is made here. */
  readonly prefix: string;
  readonly sessions: SessionCount;
  readonly underWay: RequestsUnderWay;
};

export class AdoptedEngine {
  readonly engine: Engine;
  /** The how-manieth engine of this process it is, from 0. */
  readonly place: number;
  readonly #options: OpenOptions;
  readonly #request: Engine["handleRequest"];
  readonly #upgrade: Engine["handleUpgrade"];
  #generateId: Engine["generateId"] | undefined;

  constructor(engine: Engine, place: number, options: OpenOptions) {
    this.engine = engine;
    this.place = place;
    this.#options = options;
    this.#request = engine.handleRequest.bind(engine);
    this.#upgrade = engine.handleUpgrade.bind(engine);
    options.sessions.track(engine);
    watchHeartbeats(engine);
    noteOwnListeners(engine);
  }

  /** @param opens whether the request opens a session */
  serveRequest(request: IncomingMessage, response: ServerResponse, opens: boolean): void {
    if (opens) this.#open(request, response);
    else if (looksAtRequests(this.engine)) this.#options.underWay.request(request, response);
    this.#request(request, response);
  }

  serveUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, opens: boolean): void {
    if (opens) this.#open(request, socket);
    else if (looksAtRequests(this.engine)) this.#options.underWay.upgrade(request, socket);
    this.#upgrade(request, socket, head);
  }

  /** A poll that waits for news is answered without; of any other request nothing happens. */
  answerPoll(request: IncomingMessage): void {
    const sid = readSid(request.url ?? "");
    if (sid.kind !== "one" || !hasSession(this.engine, sid.sid)) return;
    const { transport } = this.engine.clients[sid.sid] as unknown as EngineConnection;
    if (transport.req === request) answerPoll(transport);
  }

  #open(request: IncomingMessage, ends: ServerResponse | Duplex): void {
    this.#prefixIds();
    this.#options.sessions.reserve(request, ends);
  }

  /** The app may have set its own `generateId` since the last handshake: whatever it makes gets our prefix. */
  #prefixIds(): void {
    const { engine } = this;
    const own = engine.generateId;
    if (own === this.#generateId) return;
    const { prefix } = this.#options;
    this.#generateId = async (request) => prefix + (await own.call(engine, request));
    engine.generateId = this.#generateId;
  }
}
