/** Test helper: a keep-alive agent that remembers for which slots each of its connections was used. */

import { Agent, type ClientRequest } from "node:http";
import type { Duplex } from "node:stream";
import { readSid } from "../../../src/routing/request-line.js";
import { ownerOf } from "../../../src/routing/sid.js";

export class SharedAgent extends Agent {
  readonly #slots = new Map<Duplex, Set<number>>();

  /** @param connections at most so many at once */
  constructor(connections: number) {
    // Without a time limit of its own: a connection that closes was closed by the server.
    super({ keepAlive: true, maxSockets: connections, scheduling: "fifo" });
  }

  /** Connections that carried requests of sessions of different slots, one after another. */
  get mixed(): number {
    return [...this.#slots.values()].filter((slots) => slots.size > 1).length;
  }

  /** Connections that carried a second request. */
  get reused(): number {
    return this.#slots.size;
  }

  override reuseSocket(socket: Duplex, request: ClientRequest): void {
    super.reuseSocket(socket, request);
    const sid = readSid(request.path);
    const slot = sid.kind === "one" ? ownerOf(sid.sid)?.slot : undefined;
    const slots = this.#slots.get(socket) ?? new Set();
    if (slot !== undefined) slots.add(slot);
    this.#slots.set(socket, slots);
  }
}
