/** CLI: where the workers of a running fleet listen, as its primary tells it. Pure. */

import { HoldfastError } from "../base/errors.js";
import { type SlotSockets, slotTarget } from "../config/slot-sockets.js";
import { isSlotAddress } from "../protocol/listening.js";
import type { ListenAddress } from "../protocol/messages.js";
import type { FleetStatus } from "../protocol/status.js";
import type { Host } from "../proxy/site.js";
import { AddressProblem, socketAddress, tcpAddress } from "./backend-address.js";
import { slotBackends } from "./slot-backends.js";

const ANYWHERE = ["0.0.0.0", "::"];

/**
 * @returns a backend for each slot where each has a socket for itself, else one for all
 * @throws {HoldfastError} ERR_NO_ADDRESS where no proxy can reach it
 */
export function hostOfFleet(status: FleetStatus): Host {
  // A primary of an earlier version that still runs says nothing of it.
  const number = status.hostNumber ?? 0;
  try {
    return {
      number,
      backends: status.slotSockets ? ownSockets(status, status.slotSockets) : [shared(status)],
    };
  } catch (error) {
    if (!(error instanceof AddressProblem)) throw error;
    throw new HoldfastError("ERR_NO_ADDRESS", `The fleet "${status.name}" ${error.message}.`, {
      cause: error,
    });
  }
}

/** A slot has two workers while it is reloaded. */
export function slotsOf({ workers }: FleetStatus): number[] {
  return [...new Set(workers.map(({ slot }) => slot))].sort((a, b) => a - b);
}

function ownSockets(status: FleetStatus, sockets: SlotSockets): Host["backends"] {
  const slots = slotsOf(status);
  const count = Math.max(...slots) + 1;
  const own = status.listening.filter((address) => isSlotAddress(sockets, count, address));
  if (own.length === 0) throw new AddressProblem(NOWHERE);
  // All slots have the address that the app asks for; one that is just starting has not said it yet.
  const hostOf = (slot: number): string => hostText(own.find((address) => isOf(address, slot)) ?? own[0]);
  const isOf = (address: ListenAddress, slot: number): boolean => {
    const target = slotTarget(sockets, slot);
    return typeof address !== "string" && target.kind === "tcp" && address.port === target.port;
  };
  return slotBackends(sockets, slots, hostOf);
}

const NOWHERE =
  "does not listen: wait until it is ready, or say where its workers listen with --listen ports:4000, --host or --backend";

/** The app's first server, as in the ready line. */
function shared({ listening }: FleetStatus): { readonly address: string } {
  const first = listening.find((address) => typeof address !== "string") ?? listening[0];
  if (first === undefined) throw new AddressProblem(NOWHERE);
  if (typeof first === "string") return { address: socketAddress(first) };
  return { address: tcpAddress(hostText(first), first.port) };
}

/** Who listens everywhere is met on the loopback, where the proxy is as well. */
function hostText(address: ListenAddress | undefined): string {
  if (address === undefined || typeof address === "string") return "127.0.0.1";
  return ANYWHERE.includes(address.address) ? "127.0.0.1" : address.address;
}
