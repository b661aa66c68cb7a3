/**
 * Worker: when a session was last pinged, and whether its client has answered. A session that moves goes on with its heartbeat where it was:
 * begun anew, two moves could be further apart than the client waits.
 */

import type { Engine } from "../../internals/engine.js";
import {
  type EngineConnection,
  type EngineInside,
  engineInside,
  pingNow,
} from "../../internals/engine-session.js";

/** Structured-cloneable. */
export type Beat = {
  /** The last ping or its answer. Milliseconds of this machine's monotonic clock, which all its processes share. */
  readonly at: number;
  /** The last ping has no answer yet. */
  readonly awaited: boolean;
};

const beats = new WeakMap<EngineConnection, Beat>();

const now = (): number => Number(process.hrtime.bigint() / 1_000_000n);

/** Keeps the time for all sessions that this engine opens from now on. */
export function watchHeartbeats(engine: Engine): void {
  engine.on("connection", (conn: EngineConnection) => watch(conn, { at: now(), awaited: false }));
}

export const beatOf = (conn: EngineConnection): Beat => beats.get(conn) ?? { at: now(), awaited: false };

/** Of a session that was built here: the next ping goes out when it is due. Protocol 4; in protocol 3 the client pings. */
export function resumeHeartbeat(conn: EngineConnection, engine: Engine, beat: Beat): void {
  watch(conn, beat);
  const inside = engineInside(engine);
  const { pingInterval, pingTimeout } = inside.opts;
  if (conn.protocol === 3) conn.resetPingTimeout(pingInterval + pingTimeout);
  else if (beat.awaited) conn.resetPingTimeout(pingTimeout);
  else pingEarly(conn, inside, Math.max(0, beat.at + pingInterval - now()));
}

/** The session's own timer began when it was built. */
function pingEarly(conn: EngineConnection, engine: EngineInside, wait: number): void {
  if (wait >= engine.opts.pingInterval) return;
  const timer = setTimeout(() => {
    if (conn.readyState !== "open" || beatOf(conn).awaited) return;
    pingNow(conn, engine);
  }, wait);
  conn.once("close", () => clearTimeout(timer));
}

function watch(conn: EngineConnection, beat: Beat): void {
  beats.set(conn, beat);
  conn.on("packetCreate", ({ type }: { type: string }) => {
    if (type === "ping") beats.set(conn, { at: now(), awaited: true });
  });
  conn.on("heartbeat", () => beats.set(conn, { at: now(), awaited: false }));
}
