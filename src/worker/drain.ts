/**
 * Worker: the orderly end. No new connection is accepted, what is in flight is answered, sessions are closed in batches with a
 * reason that makes every client reconnect ("transport close"), so that they do not all come back in the same instant.
 */

import type { Server as HttpServer } from "node:http";
import { Server as NetServer, type Server } from "node:net";
import type { Carried } from "./forward/carried.js";
import { closeHttp2Sessions, destroyHttp2Sessions } from "./http2-sessions.js";
import type { Engine, EngineSession } from "./internals/engine.js";
import { silentConnections } from "./internals/http.js";
import { holdClose } from "./late-close.js";
import { connectionsWithoutHeader } from "./proxy-headers.js";

export type DrainOptions = {
  readonly servers: readonly Server[];
  readonly engines: readonly Engine[];
  /** What this process carries for sessions that are elsewhere; they reconnect with its own. */
  readonly carried?: Pick<Carried, "tunnels" | "hurry">;
  /** Milliseconds from now until all must be closed. */
  readonly within: number;
  /** Moves what can move to another worker. @returns tells of a session whether it is to be waited for, since it may move yet */
  readonly rescue?: Rescue | undefined;
  /** Gives connections between two requests to another worker. @returns whether any are on their way there */
  readonly passIdle?: (() => boolean) | undefined;
};

type Rescue = () => Promise<(sid: string) => boolean>;

/** Sessions are closed over this long, or half the time there is. Milliseconds. */
const SPREAD = 4000;
const TICK = 50;
/** Polls that are carried elsewhere. Milliseconds. */
const HURRY_EVERY = 500;
/** A connection without a single byte is closed after so long: a request that was under way is here by then. Milliseconds. */
const SILENCE = 1000;
/** A session that polls hears with its next request that it was closed: so long that is waited for. Milliseconds. */
const GOODBYE = 1000;
/** Fewer than this are closed at once: they are no storm. */
const SMALLEST_BATCH = 20;

/** @returns how many sessions were told to reconnect, once no connection is left or the time is over */
export async function drain(options: DrainOptions): Promise<number> {
  const { servers, within, carried } = options;
  const deadline = Date.now() + within;
  stopAccepting(servers);
  carried?.hurry();
  const hurry = setInterval(() => carried?.hurry(), HURRY_EVERY);
  const late = latecomers(options);
  const atOnce = await closeSessions(Math.min(SPREAD, within / 2), late);
  const closed = atOnce + (await connectionsEnd(options, deadline, late));
  clearInterval(hurry);
  for (const server of servers) stopped.get(server)?.();
  return closed;
}

/** Those that accept no more; each can be let say that it is closed. */
const stopped = new WeakMap<Server, () => void>();

/** No new connection is accepted, and those that are here end with their next answer. */
export function stopAccepting(servers: readonly Server[]): void {
  for (const server of servers) {
    if (!stopped.has(server)) {
      announceEnd(server);
      stopped.set(server, holdClose(server));
    }
    // `close` of an http server also destroys what is idle, with the request that may be on its way there.
    if (server.listening) NetServer.prototype.close.call(server);
  }
}

/** A session, or the tunnel of one. */
type Closable = { close(): unknown };
type Latecomers = () => Promise<Closable[]>;

async function closeSessions(spread: number, late: Latecomers): Promise<number> {
  let closed = 0;
  const sessions = await late();
  const batch = Math.max(SMALLEST_BATCH, Math.ceil(sessions.length / (spread / TICK)));
  while (sessions.length > 0) {
    const next = sessions.splice(0, batch);
    closed += closeAll(next);
    if (sessions.length > 0) await pause();
    else sessions.push(...(await late()));
  }
  return closed;
}

/** Until when those are waited for that were told to reconnect, and may not know. Milliseconds. */
const closing = new WeakMap<Closable, number>();

/** Also those that opened since, on connections that were accepted before: a proxy keeps some. */
function openSessions(engines: readonly Engine[]): EngineSession[] {
  return engines
    .flatMap((engine) => Object.values(engine.clients))
    .filter((session) => !closing.has(session));
}

/** The engine forgets a session as soon as its client was told. */
function areOver(engines: readonly Engine[]): boolean {
  const sessions = engines.flatMap((engine) => Object.values(engine.clients));
  return sessions.every((session) => (closing.get(session) ?? Number.POSITIVE_INFINITY) < Date.now());
}

/** Of those that are here still: what can move moves, what may move yet is waited for; the others are to be closed, and tunnels, which cannot move. */
function latecomers({ engines, rescue, carried }: DrainOptions): Latecomers {
  const sessions = async (): Promise<EngineSession[]> => {
    if (rescue === undefined || openSessions(engines).length === 0) return openSessions(engines);
    const mayMove = await rescue();
    return openSessions(engines).filter(({ id }) => !mayMove(id));
  };
  return async () => [...(await sessions()), ...(carried?.tunnels ?? [])];
}

/** @returns how many */
function closeAll(sessions: readonly Closable[]): number {
  for (const session of sessions) {
    closing.set(session, Date.now() + GOODBYE);
    session.close();
  }
  return sessions.length;
}

/** A client that keeps its connection busy learns with its next answer that it ends; one that does not is asked for nothing. */
function announceEnd(server: Server): void {
  server.prependListener("request", (_request: unknown, response: { shouldKeepAlive?: boolean }) => {
    response.shouldKeepAlive = false;
  });
}

/** @returns how many sessions were still open, and closed */
async function connectionsEnd(
  { servers, engines, passIdle = () => false }: DrainOptions,
  deadline: number,
  latecomers: Latecomers,
): Promise<number> {
  const silentUntil = Date.now() + SILENCE;
  let closed = 0;
  while (Date.now() < deadline) {
    if (!passIdle()) for (const server of servers) closeUnused(server, silentUntil);
    closed += closeAll(await latecomers());
    const counts = await Promise.all(servers.map(connections));
    // A session may have no connection in this moment, or one that another worker accepted.
    if (counts.every((count) => count === 0) && areOver(engines)) return closed;
    await pause();
  }
  closed += closeAll(openSessions(engines));
  // They still have to hear it.
  await pause();
  for (const server of servers) destroyConnections(server);
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

function destroyConnections(server: AnyHttpServer): void {
  for (const socket of connectionsWithoutHeader(server)) socket.destroy();
  server.closeAllConnections?.();
  destroyHttp2Sessions(server);
}

function connections(server: Server): Promise<number> {
  return new Promise((resolve) => server.getConnections((_error, count) => resolve(count)));
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, TICK));
