/** CLI: `holdfast status`. */

import { UsageError } from "../base/errors.js";
import { type SlotSockets, slotSocketsText, slotTarget } from "../config/slot-sockets.js";
import { isSlotAddress } from "../protocol/listening.js";
import type { ListenAddress } from "../protocol/messages.js";
import type { FleetStatus, WorkerStatus } from "../protocol/status.js";
import { busNotes } from "./bus-notes.js";
import { progressText } from "./change-words.js";
import { findFleet } from "./find-fleet.js";
import type { FleetOptions } from "./fleet-options.js";
import { print } from "./print.js";
import { EXIT } from "./report-error.js";
import { siteAnswer, siteNotes, siteText } from "./site-notes.js";
import { formatBytes, formatDuration, formatTable } from "./table.js";

export type StatusOptions = FleetOptions & { readonly quiet?: boolean; readonly site?: boolean };

/**
 * Prints the fleet: a table, or with `--json` what the primary said. With `--quiet` nothing, and the exit code says what
 * `/readyz` would: 0 it serves, 1 it does not. With `--site` the hosts that it is joined with.
 */
export async function status(options: StatusOptions): Promise<number> {
  const fleet = await findFleet(options.name);
  if (options.quiet) return fleet.status.ready ? EXIT.fine : EXIT.failed;
  if (options.site) return printSite(fleet.status, options);
  await print(options.json ? `${JSON.stringify(fleet.status)}\n` : `${statusText(fleet.status)}\n`);
  return EXIT.fine;
}

async function printSite(fleet: FleetStatus, { json }: StatusOptions): Promise<number> {
  const { site = null } = fleet;
  if (site === null)
    throw new UsageError(
      "ERR_NO_SITE",
      `The fleet "${fleet.name}" is part of no site: it was started without --redis.`,
    );
  await print(`${json ? JSON.stringify(siteAnswer(fleet, site)) : siteText(fleet, site)}\n`);
  return EXIT.fine;
}

/** Everything that a person wants to see, for any width of terminal. */
export function statusText(fleet: FleetStatus): string {
  const workers = [...fleet.workers].sort((a, b) => a.slot - b.slot || a.generation - b.generation);
  const notes = [...siteNotes(fleet), ...busNotes(workers)];
  const slotSockets = socketsOf(fleet);
  const header = slotSockets === null ? HEADER : [...HEADER, slotSockets.kind === "ports" ? "port" : "pipe"];
  const rows = workers.map((worker) => rowOf(worker, slotSockets));
  const table = `${[headline(fleet), ...changeLines(fleet)].join("\n")}\n\n${formatTable(header, rows)}`;
  return notes.length === 0 ? table : `${table}\n\n${notes.join("\n")}`;
}

/** A primary of an earlier version does not tell. */
function changeLines({ change }: Partial<FleetStatus>): string[] {
  return change ? [progressText(change)] : [];
}

const HEADER = ["slot", "state", "pid", "generation", "sessions", "restarts", "uptime", "memory"];

function headline(fleet: FleetStatus): string {
  const where = placesOf(fleet);
  const parts = [
    `${fleet.name} ${stateText(fleet)}`,
    where.length > 0 ? `on ${where.join(", ")}` : "not listening",
    `${fleet.sessions} sessions`,
    `policy ${fleet.policy}`,
    `up ${formatDuration(fleet.uptime)}`,
    `pid ${fleet.pid}`,
  ];
  return parts.join(" · ");
}

function stateText({ state, drainIn }: FleetStatus): string {
  return typeof drainIn === "number" ? `${state}, drains in ${formatDuration(drainIn)}` : state;
}

/** Sockets of the slots' own in one word, then those that all share. */
function placesOf(fleet: FleetStatus): string[] {
  const { listening, workers } = fleet;
  const slotSockets = socketsOf(fleet);
  if (slotSockets === null) return listening.map(addressText);
  const slots = Math.max(...workers.map(({ slot }) => slot)) + 1;
  const shared = listening.filter((address) => !isSlotAddress(slotSockets, slots, address));
  const text = `${slotSockets.kind} ${slotSocketsText(slotSockets, slots)}`;
  return shared.length === listening.length ? shared.map(addressText) : [text, ...shared.map(addressText)];
}

/** A primary of an earlier version that still runs says nothing of them. */
function socketsOf({ slotSockets }: FleetStatus): SlotSockets | null {
  return slotSockets ?? null;
}

function ownText(sockets: SlotSockets, slot: number): string {
  const target = slotTarget(sockets, slot);
  return target.kind === "tcp" ? `${target.port}` : target.path;
}

function addressText(address: ListenAddress): string {
  return typeof address === "string" ? address : `${hostText(address)}:${address.port}`;
}

function hostText({ address, family }: { address: string; family: string }): string {
  return family === "IPv6" ? `[${address}]` : address;
}

function rowOf(worker: WorkerStatus, slotSockets: SlotSockets | null): string[] {
  const { snapshot } = worker;
  return [
    String(worker.slot),
    worker.state === "exited" && worker.lastExit !== null ? `exited (${worker.lastExit})` : worker.state,
    worker.pid === null ? "-" : String(worker.pid),
    String(worker.generation),
    snapshot === null ? "-" : String(snapshot.sessions),
    String(worker.restarts),
    worker.pid === null ? "-" : formatDuration(worker.uptime),
    snapshot === null ? "-" : formatBytes(snapshot.rss),
    ...(slotSockets === null ? [] : [ownText(slotSockets, worker.slot)]),
  ];
}
