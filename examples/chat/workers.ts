/** This worker, and how it speaks to the others. With one process there are no others, and nothing is sent. */

import type { Server } from "socket.io";
import type { BetweenWorkers, FromClient, SocketData, ToClient, Worker } from "./events.ts";

export type Chat = Server<FromClient, ToClient, BetweenWorkers, SocketData>;

/** Process managers tell an app its number in the environment; a plain process has none. */
export const self: Worker = {
  name: process.env.HOLDFAST_SLOT ?? process.env.NODE_APP_INSTANCE ?? "–",
  pid: process.pid,
};

/**
 * Tells all other workers. Whether it arrives is not known here: what must last is asked for again, see `askOthers`.
 * @param emit one `io.serverSideEmit(...)`
 */
export async function tellOthers(io: Chat, emit: () => unknown): Promise<void> {
  if (await hasOthers(io)) emit();
}

/**
 * Asks all other workers.
 * @param ask one `io.serverSideEmitWithAck(...)`
 * @returns their answers; those that do not answer in time are left out
 */
export async function askOthers<T>(io: Chat, ask: () => Promise<T[]>): Promise<T[]> {
  try {
    return (await hasOthers(io)) ? await ask() : [];
  } catch (error) {
    return (error as { responses?: T[] }).responses ?? [];
  }
}

/** The adapter of a single process cannot emit between servers; it would print a warning each time. */
async function hasOthers(io: Chat): Promise<boolean> {
  return (await io.of("/").adapter.serverCount()) > 1;
}
