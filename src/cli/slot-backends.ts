/** CLI: one backend for each slot of `holdfast start --listen`. Pure. */

import { resolve } from "node:path";
import {
  parseSlotSockets,
  SLOT_SOCKETS_EXAMPLE,
  SLOT_SOCKETS_WORDS,
  type SlotSockets,
  slotSocketsProblem,
  slotTarget,
} from "../config/slot-sockets.js";
import type { Backend } from "../proxy/site.js";
import { AddressProblem, socketAddress, tcpAddress } from "./backend-address.js";

/** @param folder what a relative folder is relative to @throws {AddressProblem} that ends a sentence about `--listen` */
export function parseListen(written: string, folder: string): SlotSockets {
  const sockets = parseSlotSockets(written);
  if (sockets === undefined) {
    throw new AddressProblem(
      `must be ${SLOT_SOCKETS_WORDS}, but is ${JSON.stringify(written)}. Write, for example, ${SLOT_SOCKETS_EXAMPLE}`,
    );
  }
  return sockets.kind === "pipes" ? { ...sockets, folder: resolve(folder, sockets.folder) } : sockets;
}

/** @param hostOf the address of the host for a slot with a port @throws {AddressProblem} */
export function slotBackends(
  sockets: SlotSockets,
  slots: readonly number[],
  hostOf: (slot: number) => string,
): Backend[] {
  const problem = slotSocketsProblem(sockets, Math.max(...slots) + 1);
  if (problem !== undefined) throw new AddressProblem(problem);
  return slots.map((slot) => {
    const target = slotTarget(sockets, slot);
    const address =
      target.kind === "pipe" ? socketAddress(target.path) : tcpAddress(hostOf(slot), target.port);
    return { slot, address };
  });
}

export const firstSlots = (count: number): number[] => Array.from({ length: count }, (_, slot) => slot);
