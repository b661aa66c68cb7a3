/**
 * Adapter: numbers of broadcasts that clients answer. All receivers get the same encoded packet, so its number must be free on
 * every socket of every worker. Namespaces count their own from 0; ours are random in the upper half of 31 bits (a client may
 * keep the number in a signed 32-bit integer). Where one is taken all the same, the receiving worker encodes again.
 */

import type { Adapter } from "socket.io-adapter";
import { type Ack, ackTable, type LocalSocket, namespaceOf } from "./internals.js";

type NamedAck = (socketId: string | undefined, value: unknown) => void;

const LOWEST = 2 ** 30;

/** A number that none of these sockets waits for. */
export function freeAckId(sockets: readonly LocalSocket[], random: () => number = Math.random): number {
  let id: number;
  do id = LOWEST + Math.floor(random() * LOWEST);
  while (isAckIdTaken(sockets, id));
  return id;
}

export function isAckIdTaken(sockets: readonly LocalSocket[], id: number): boolean {
  return sockets.some((socket) => ackTable(socket).has(id));
}

/** Socket.IO calls `ack` at most once for each socket. */
export function expectAcks(sockets: readonly LocalSocket[], id: number, ack: Ack): void {
  for (const socket of sockets) ackTable(socket).set(id, ack);
}

/** As {@link expectAcks}; some sockets are told apart. */
export function expectNamedAcks(
  sockets: readonly LocalSocket[],
  { id, named, acked }: { id: number; named: ReadonlySet<string>; acked: NamedAck },
): void {
  const plain: Ack = (value) => acked(undefined, value);
  for (const socket of sockets) {
    const ack: Ack = named.has(socket.id) ? (value) => acked(socket.id, value) : plain;
    ackTable(socket).set(id, ack);
  }
}

/** Answers that come from now on are dropped. */
export function forgetAcks(adapter: Adapter, id: number): void {
  for (const socket of namespaceOf(adapter).sockets.values()) ackTable(socket).delete(id);
}
