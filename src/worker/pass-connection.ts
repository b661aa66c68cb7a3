/** Worker: a connection between two requests leaves for another worker, or comes from one, descriptor and all. The same for every way that it goes. */

import type { Server, Socket } from "node:net";
import type { Passage } from "../protocol/messages.js";
import { endsOf, nameEnds } from "./internals/client-socket.js";
import { countAsConnection, type RawHandle, socketFromHandle, stopReading } from "./internals/handles.js";

/** What Node waits longer than it tells clients, where it does so. Milliseconds. */
const KEEP_ALIVE_BUFFER = 1000;

type ConnectionPassage = Extract<Passage, { kind: "connection" }>;

/** @returns false where nothing could be sent; else `outcome` is called once */
export type OfferConnection = (
  passage: ConnectionPassage,
  handle: RawHandle,
  outcome: (taken: boolean) => void,
) => boolean;

/**
 * Offers the connection in this turn: what arrives from now on is read by whoever takes it, or here if nobody does. The caller made sure that no
 * byte of a further request was read, and that every answer is out.
 * @returns whether it is on its way
 */
export function passConnection(
  socket: Socket,
  handle: RawHandle,
  listener: string,
  offer: OfferConnection,
  refused: () => void = () => {},
): boolean {
  const { source } = endsOf(socket);
  const unread = stopReading(socket, handle);
  const stay = (): void => {
    // Closed here meanwhile, as its time was over.
    if (socket.destroyed) return;
    if (unread.length > 0) socket.unshift(unread);
    handle.reading = true;
    handle.readStart();
  };
  const passage = { kind: "connection", listener, ...(source && { source }) } as const;
  const outcome = (taken: boolean): void => {
    // Closing our copy sends nothing to the client: the receiver holds the connection.
    if (taken) socket.destroy();
    else {
      stay();
      refused();
    }
  };
  const offered = unread.length === 0 && offer(passage, handle, outcome);
  if (!offered) stay();
  return offered;
}

/** From now on the connection is one of this server's. @param source whom its PROXY header named, which was read where it was accepted */
export function takeConnection(server: Server, handle: RawHandle, source: ConnectionPassage["source"]): void {
  const socket = socketFromHandle(handle);
  countAsConnection(server, socket);
  nameEnds(socket, source);
  closeUnlessUsed(socket, (server as Server & { keepAliveTimeout?: number }).keepAliveTimeout ?? 0);
  server.emit("connection", socket);
}

/** Node begins to count after an answer of its own; that one was another worker's. @param within milliseconds; 0: for ever */
function closeUnlessUsed(socket: Socket, within: number): void {
  if (within === 0) return;
  const timer = setTimeout(() => {
    if (socket.bytesRead === 0) socket.destroy();
  }, within + KEEP_ALIVE_BUFFER).unref();
  socket.once("close", () => clearTimeout(timer));
}
