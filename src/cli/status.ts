/** CLI: `holdfast status`. */

import type { FleetStatus, WorkerStatus } from "../protocol/status.js";
import { busNotes } from "./bus-notes.js";
import { findFleet } from "./find-fleet.js";
import type { FleetOptions } from "./fleet-options.js";
import { EXIT } from "./report-error.js";
import { formatBytes, formatDuration, formatTable } from "./table.js";

/** Prints the fleet: a table, or with `--json` what the primary said. */
export async function status(options: FleetOptions): Promise<number> {
  const fleet = await findFleet(options.name);
  process.stdout.write(options.json ? `${JSON.stringify(fleet.status)}\n` : `${statusText(fleet.status)}\n`);
  return EXIT.fine;
}

/** Everything that a person wants to see, for any width of terminal. */
export function statusText(fleet: FleetStatus): string {
  const workers = [...fleet.workers].sort((a, b) => a.slot - b.slot || a.generation - b.generation);
  const notes = busNotes(workers);
  const table = `${headline(fleet)}\n\n${formatTable(HEADER, workers.map(rowOf))}`;
  return notes.length === 0 ? table : `${table}\n\n${notes.join("\n")}`;
}

const HEADER = ["slot", "state", "pid", "generation", "sessions", "restarts", "uptime", "memory"];

function headline(fleet: FleetStatus): string {
  const where = fleet.listening.map((address) =>
    typeof address === "string" ? address : `${hostText(address)}:${address.port}`,
  );
  const parts = [
    `${fleet.name} ${fleet.state}`,
    where.length > 0 ? `on ${where.join(", ")}` : "not listening",
    `${fleet.sessions} sessions`,
    `policy ${fleet.policy}`,
    `up ${formatDuration(fleet.uptime)}`,
    `pid ${fleet.pid}`,
  ];
  return parts.join(" · ");
}

function hostText({ address, family }: { address: string; family: string }): string {
  return family === "IPv6" ? `[${address}]` : address;
}

function rowOf(worker: WorkerStatus): string[] {
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
  ];
}
