/**
 * Worker (old): the event `close` of a server comes when its last connection is gone, and the engine closes all sessions then. Some may be
 * without a connection in that moment, or have one that another worker accepted: the event waits until they have moved.
 */

import type { Server } from "node:net";

/** @returns lets the event happen, at once if it was due */
export function holdClose(server: Server): () => void {
  const emit = server.emit.bind(server) as (event: string, ...args: unknown[]) => boolean;
  let due = false;
  server.emit = (event: string, ...args: unknown[]) => {
    if (event !== "close") return emit(event, ...args);
    due = true;
    return false;
  };
  return () => {
    server.emit = emit as Server["emit"];
    if (due) emit("close");
    due = false;
  };
}
