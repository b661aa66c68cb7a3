/**
 * Worker: the orderly end. No new connection is accepted, what is in flight is answered, sessions are closed in batches with a
 * reason that makes every client reconnect ("transport close"), so that they do not all come back in the same instant.
 */

import type { Server as HttpServer } from "node:http";
import { Server as NetServer, type Server } from "node:net";
import { closeHttp2Sessions, destroyHttp2Sessions } from "./http2-sessions.js";
import type { Engine, EngineSession } from "./internals/engine.js";
import { silentConnections } from "./internals/http.js";
import { connectionsWithoutHeader } from "./proxy-headers.js";

export type DrainOptions = {
  readonly servers: readonly Server[];
  readonly engines: readonly Engine[];
  /** Milliseconds from now until all must be closed. */
  readonly within: number;
  /** Moves what can move to another worker. @returns tells of a session whether it may move later */
  readonly rescue?: Rescue | undefined;
  /** Gives connections between two requests to another worker. @returns whether any are on their way there */
  readonly passIdle?: (() => boolean) | undefined;
};

type Rescue = () => Promise<(sid: string) => boolean>;

/** Sessions are closed over this long, or half the time there is. Milliseconds. */
const SPREAD = 4000;
const TICK = 50;
/** A connection without a single byte is closed after so long: a request that was under way is here by then. Milliseconds. */
const SILENCE = 1000;
/** Sessions that open while all others are gone, and are busy, may move after so long. Milliseconds. */
const LATE_PATIENCE = 5000;
/** Fewer than this are closed at once: they are no storm. */
const SMALLEST_BATCH = 20;

/** @returns how many sessions were told to reconnect, once no connection is left or the time is over */
export async function drain({ servers, engines, within, rescue, passIdle }: DrainOptions): Promise<number> {
  const deadline = Date.now() + within;
  stopAccepting(servers);
  const late = latecomers(engines, rescue);
  // One that opened while the last ones left still follows them; the busy ones have been waited for.
  await rescue?.();
  const closed = await closeSessions(engines, Math.min(SPREAD, within / 2), late);
  return closed + (await connectionsEnd(servers, deadline, late, passIdle));
}

const stopped = new WeakSet<Server>();

/** No new connection is accepted, and those that are here end with their next answer. */
export function stopAccepting(servers: readonly Server[]): void {
  for (const server of servers) {
    if (!stopped.has(server)) announceEnd(server);
    stopped.add(server);
    // `close` of an http server also destroys what is idle, with the request that may be on its way there.
    if (server.listening) NetServer.prototype.close.call(server);
  }
}

type Latecomers = () => Promise<EngineSession[]>;

async function closeSessions(engines: readonly Engine[], spread: number, late: Latecomers): Promise<number> {
  let closed = 0;
  const sessions = engines.flatMap((engine) => Object.values(engine.clients));
  const batch = Math.max(SMALLEST_BATCH, Math.ceil(sessions.length / (spread / TICK)));
  while (sessions.length > 0) {
    const next = sessions.splice(0, batch);
    for (const session of next) closeSession(session);
    closed += next.length;
    if (sessions.length > 0) await pause();
    else sessions.push(...(await late()));
  }
  return closed;
}

const closing = new WeakSet<EngineSession>();

/** Also those that opened since, on connections that were accepted before: a proxy keeps some. */
function openSessions(engines: readonly Engine[]): EngineSession[] {
  return engines
    .flatMap((engine) => Object.values(engine.clients))
    .filter((session) => !closing.has(session));
}

/** Of those that opened since: what can move moves, what is busy is waited for a while; the others are to be closed. */
function latecomers(engines: readonly Engine[], rescue: Rescue | undefined): Latecomers {
  const seen = new WeakMap<EngineSession, number>();
  return async () => {
    if (rescue === undefined || openSessions(engines).length === 0) return openSessions(engines);
    const mayMove = await rescue();
    const now = Date.now();
    return openSessions(engines).filter((session) => {
      const since = seen.get(session) ?? now;
      seen.set(session, since);
      return !mayMove(session.id) || now - since > LATE_PATIENCE;
    });
  };
}

function closeSession(session: EngineSession): void {
  closing.add(session);
  session.close();
}

/** A client that keeps its connection busy learns with its next answer that it ends; one that does not is asked for nothing. */
function announceEnd(server: Server): void {
  server.prependListener("request", (_request: unknown, response: { shouldKeepAlive?: boolean }) => {
    response.shouldKeepAlive = false;
  });
}

/** @returns how many sessions were still opened, and closed */
async function connectionsEnd(
  servers: readonly Server[],
  deadline: number,
  latecomers: Latecomers,
  passIdle: () => boolean = () => false,
): Promise<number> {
  const silentUntil = Date.now() + SILENCE;
  let closed = 0;
  while (Date.now() < deadline) {
    if (!passIdle()) for (const server of servers) closeUnused(server, silentUntil);
    const late = await latecomers();
    for (const session of late) closeSession(session);
    closed += late.length;
    const counts = await Promise.all(servers.map(connections));
    if (counts.every((count) => count === 0)) return closed;
    await pause();
  }
  for (const server of servers) closeAll(server);
  return closed;
}

/** Of http and of https, whose servers are no kin, and of http2, which may speak HTTP/1.1 too. */
type AnyHttpServer = Server & Partial<Pick<HttpServer, "closeIdleConnections" | "closeAllConnections">>;

function closeUnused(server: AnyHttpServer, silentUntil: number): void {
  closeHttp2Sessions(server);
  if (Date.now() < silentUntil) return;
  for (const socket of connectionsWithoutHeader(server)) socket.destroy();
  if (server.closeIdleConnections === undefined) return;
  server.closeIdleConnections();
  for (const socket of silentConnections(server)) socket.destroy();
}

function closeAll(server: AnyHttpServer): void {
  for (const socket of connectionsWithoutHeader(server)) socket.destroy();
  server.closeAllConnections?.();
  destroyHttp2Sessions(server);
}

function connections(server: Server): Promise<number> {
  return new Promise((resolve) => server.getConnections((_error, count) => resolve(count)));
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, TICK));
