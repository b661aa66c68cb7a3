/** Worker: the HTTP/2 sessions of each server, since nothing of Node's tells a server to let go of idle ones. */

import type { Http2Session } from "node:http2";
import type { Server } from "node:net";

const sessionsOf = new WeakMap<Server, Set<Http2Session>>();

/** To be called once for each server, before it has connections. Others than HTTP/2 servers have no such event. */
export function trackHttp2Sessions(server: Server): void {
  if (sessionsOf.has(server)) return;
  const sessions = new Set<Http2Session>();
  sessionsOf.set(server, sessions);
  server.on("session", (session: Http2Session) => {
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
  });
}

/** Says goodbye on each session: its open streams are answered, then it closes. */
export function closeHttp2Sessions(server: Server): void {
  for (const session of sessionsOf.get(server) ?? []) if (!session.closed) session.close();
}

export function destroyHttp2Sessions(server: Server): void {
  for (const session of sessionsOf.get(server) ?? []) session.destroy();
}
