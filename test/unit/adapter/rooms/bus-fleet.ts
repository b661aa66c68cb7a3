/** Test helper: adapters over the memory bus, and to whom they send. The servers listen nowhere. */

import { Server } from "socket.io";
import { type AdapterFactory, createAdapter } from "../../../../src/adapter/create-adapter.js";
import type { MemoryBus } from "../../../../src/bus/memory-bus.js";
import { MemoryNetwork, type MemoryNetworkOptions } from "../../../../src/bus/memory-network.js";
import { sidPrefix } from "../../../../src/routing/sid.js";

export type Worker = { readonly bus: MemoryBus; readonly io: Server; readonly adapter: AdapterFactory };
/** What an adapter does for a socket. */
type Sockets = Pick<InstanceType<typeof import("socket.io-adapter").Adapter>, "addAll" | "del" | "delAll">;

export let network: MemoryNetwork;
let workers: Worker[];

export function worker(slot?: number, generation?: number): Worker {
  const bus = network.join(slot, generation);
  const adapter = createAdapter(bus);
  const joined = { bus, adapter, io: new Server({ adapter }) };
  workers.push(joined);
  return joined;
}

export async function fleet(
  count: number,
  options: MemoryNetworkOptions = {},
): Promise<[Worker, Worker, Worker, ...Worker[]]> {
  network = new MemoryNetwork(options);
  workers = [];
  for (let slot = 0; slot < count; slot++) worker();
  await network.settled();
  return workers as [Worker, Worker, Worker, ...Worker[]];
}

export const sockets = ({ io }: Worker, namespace = "/"): Sockets => io.of(namespace).adapter;

export function join(at: Worker, ...rooms: unknown[]): void {
  sockets(at).addAll("socket", new Set(rooms as string[]));
}

/** Awaits that all news has arrived. */
export async function told(): Promise<void> {
  await new Promise((resolve) => process.nextTick(resolve));
  await network.settled();
}

/** The slots to which `act` sends at once. News that waits for the end of the turn is not counted. */
export function reached({ bus }: Worker, act: () => void): number[] {
  const slots: number[] = [];
  const send = bus.send;
  bus.send = (to) => {
    for (const { identity } of to) slots.push(identity.slot);
  };
  try {
    act();
  } finally {
    bus.send = send;
  }
  return slots;
}

export const emitted = (from: Worker, ...rooms: unknown[]): number[] =>
  reached(from, () => from.io.to(rooms as string[]).emit("event"));

export const idIn = (slot: number): string => `${sidPrefix({ host: 0, slot })}AAAAAAAAAAAAAAAA`;
