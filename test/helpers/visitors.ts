/**
 * Test helper: default clients on every transport that stay, talk all the time and reconnect as they do by themselves; what they
 * meet is told. A refusal is what a client is told instead of a connection, or in the middle of a session that still lives.
 */

import type { Socket } from "socket.io-client";
import { connected, newClient, slotOf, TRANSPORTS, type TransportName, upgraded } from "./every-transport.js";

const NAMES = Object.keys(TRANSPORTS) as TransportName[];
const TALK_EVERY = 40;
const WITHIN = 20_000;
/** A client gives a connection up that nobody answers; its default is 20 s. node:cluster leaves some that it gave to a process which is killed. */
const GIVE_UP_AFTER = 3000;

export type Parting = { readonly transport: TransportName; readonly slot: number; readonly reason: string };

export class Visitors {
  readonly #sockets: readonly Socket[];
  readonly #talk: NodeJS.Timeout;
  /** Why a connection could not be made. */
  readonly refusals: string[] = [];
  /** Connections that ended: of which slot's sessions, and why. */
  readonly partings: Parting[] = [];

  private constructor(sockets: readonly Socket[]) {
    this.#sockets = sockets;
    for (const [index, socket] of sockets.entries()) this.#watch(socket, transportOf(index));
    this.#talk = setInterval(() => {
      for (const socket of sockets) if (socket.connected) socket.emit("echo", "talk", () => {});
    }, TALK_EVERY);
  }

  /** All are connected when it resolves, and upgraded where they do so. A third of them is on each transport. */
  static async arrive(url: string, count: number): Promise<Visitors> {
    const options = { reconnection: true, reconnectionDelay: 100, timeout: GIVE_UP_AFTER };
    const sockets = Array.from({ length: count }, (_, index) => newClient(url, transportOf(index), options));
    await Promise.all(sockets.map(connected));
    await Promise.all(sockets.filter((_, index) => transportOf(index) === "upgrade").map(upgraded));
    return new Visitors(sockets);
  }

  /** Of all, or of those on one transport. */
  slots(of?: TransportName): number[] {
    return this.#sockets.filter((_, index) => of === undefined || transportOf(index) === of).map(slotOf);
  }

  /** Waits until each is connected, and gets an answer. */
  async allBack(): Promise<void> {
    await Promise.all(this.#sockets.map((socket) => answered(socket)));
  }

  leave(): void {
    clearInterval(this.#talk);
    for (const socket of this.#sockets) socket.off().disconnect();
  }

  #watch(socket: Socket, transport: TransportName): void {
    let slot = slotOf(socket);
    socket.on("connect", () => {
      slot = slotOf(socket);
    });
    socket.on("disconnect", (reason) => this.partings.push({ transport, slot, reason }));
    socket.on("connect_error", (error: Error & { description?: unknown }) =>
      this.refusals.push(`${transport}: ${error.message} ${String(error.description)}`),
    );
  }
}

const transportOf = (index: number): TransportName => NAMES[index % NAMES.length] ?? "upgrade";

/** A connection may break once more while it is asked: then it is asked again. */
async function answered(socket: Socket): Promise<void> {
  const until = Date.now() + WITHIN;
  for (;;) {
    await connected(socket);
    try {
      await socket.timeout(2000).emitWithAck("echo", "back");
      return;
    } catch (error) {
      if (Date.now() > until) throw error;
    }
  }
}
