/** CLI: where the workers of a fleet listen, for `holdfast proxy`: as the flags say, and how many as a running fleet has. */

import { isIPv6 } from "node:net";
import { resolve } from "node:path";
import { UsageError } from "../base/errors.js";
import { MAX_PORT, MAX_SLOTS, MAX_SOCKET_PATH } from "../config/limits.js";
import { type SlotSockets, slotTarget } from "../config/slot-sockets.js";
import type { Backend } from "../proxy/site.js";
import { findFleet } from "./find-fleet.js";
import { wholeNumber } from "./proxy-values.js";

export type BackendFlags = {
  readonly name?: string;
  readonly workers?: string;
  readonly listen?: string;
  readonly backend?: readonly string[];
};

export type FleetBackends = { readonly name: string; readonly backends: readonly Backend[] };

/**
 * @returns one backend for each slot, in order
 * @throws {UsageError} ERR_USAGE for flags that say too little or cannot be; what `findFleet` throws where the fleet is asked
 */
export async function fleetBackends(flags: BackendFlags): Promise<FleetBackends> {
  if (flags.backend !== undefined) {
    return { name: flags.name ?? "holdfast", backends: listed(flags.backend, flags) };
  }
  if (flags.listen === undefined) {
    throw new UsageError(
      "ERR_USAGE",
      "Say where the workers listen: --listen ports:4000 (slot i on port 4000 + i), --listen pipes:/folder, or a --backend HOST:PORT for each of them.",
    );
  }
  const addressOf = addresses(flags.listen);
  const { name, slots } = await slotsOf(flags);
  return { name, backends: slots.map((slot) => ({ slot, address: addressOf(slot) })) };
}

async function slotsOf({ name, workers }: BackendFlags): Promise<{ name: string; slots: number[] }> {
  if (workers !== undefined) {
    const count = wholeNumber("--workers", workers, 1, MAX_SLOTS);
    return { name: name ?? "holdfast", slots: Array.from({ length: count }, (_, slot) => slot) };
  }
  const { status } = await findFleet(name);
  // A slot has two workers while it is reloaded.
  return {
    name: status.name,
    slots: [...new Set(status.workers.map(({ slot }) => slot))].sort((a, b) => a - b),
  };
}

function listed(written: readonly string[], { workers, listen }: BackendFlags): Backend[] {
  if (listen !== undefined)
    throw refusal("--listen and --backend both say where the workers listen: write one of them");
  if (workers !== undefined && Number(workers) !== written.length) {
    throw refusal(`--workers is ${workers}, but there are ${written.length} --backend: leave --workers out`);
  }
  if (written.length > MAX_SLOTS)
    throw refusal(`A fleet has at most ${MAX_SLOTS} slots, but there are ${written.length} --backend`);
  const twice = written.find((address, at) => written.indexOf(address) !== at);
  if (twice !== undefined)
    throw refusal(`Two slots cannot listen on the same address: --backend ${twice} stands there twice`);
  return written.map((text, slot) => ({ slot, address: backendAddress(text) }));
}

function backendAddress(written: string): string {
  if (written.startsWith("unix:")) return socketAddress(written.slice("unix:".length));
  const match = /^(?:\[([0-9a-f:.]+)\]|([\w.-]+)):(\d{1,5})$/i.exec(written);
  const port = Number(match?.[3]);
  const known = match !== null && (match[1] === undefined || isIPv6(match[1]));
  if (known && port >= 1 && port <= MAX_PORT) return written;
  throw refusal(`--backend must be HOST:PORT or unix:/path, such as 10.0.0.7:4000, but is "${written}"`);
}

/** Where the slots of `holdfast start` with this `--listen` are. */
function addresses(listen: string): (slot: number) => string {
  const sockets = slotSockets(listen);
  return (slot) => {
    const target = slotTarget(sockets, slot);
    return target.kind === "pipe" ? socketAddress(target.path) : portAddress(target.port, slot);
  };
}

function slotSockets(listen: string): SlotSockets {
  const [, kind, value = ""] = /^(ports|pipes):(.+)$/.exec(listen) ?? [];
  if (kind === "ports") {
    const first = wholeNumber("The first port of --listen ports:", value, 1, MAX_PORT);
    return { kind, first };
  }
  if (kind === "pipes") return { kind, folder: resolve(value) };
  throw refusal(`--listen must be ports:4000 (the port of slot 0) or pipes:/folder, but is "${listen}"`);
}

function portAddress(port: number, slot: number): string {
  if (port <= MAX_PORT) return `127.0.0.1:${port}`;
  throw refusal(
    `Slot ${slot} would listen on port ${port}, and ports end at ${MAX_PORT}: begin lower than ${port - slot}`,
  );
}

function socketAddress(path: string): string {
  if (!/^\/[\w./@%+,~-]+$/.test(path)) {
    throw refusal(`The socket ${path} must be an absolute path of letters, digits and . / _ - @ % + , ~`);
  }
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH) return `unix:${path}`;
  throw refusal(
    `The path of the socket ${path} is longer than ${MAX_SOCKET_PATH} bytes: choose a shorter folder`,
  );
}

function refusal(sentence: string): UsageError {
  return new UsageError("ERR_USAGE", `${sentence}.`);
}
