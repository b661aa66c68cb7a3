/** CLI: `holdfast stop`. */

import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { codeOf } from "../base/errors.js";
import { askPrimary } from "./control-client.js";
import { findFleet } from "./find-fleet.js";
import type { FleetOptions } from "./fleet-options.js";
import { EXIT } from "./report-error.js";
import { formatTime } from "./table.js";

/** How often to look whether the primary is gone. Milliseconds. */
const LOOK_EVERY = 25;

/** Asks the fleet to drain and stop, waits until its primary is gone, and says so. How long that may take, the fleet decides. */
export async function stop(options: FleetOptions): Promise<number> {
  const { directory, status } = await findFleet(options.name);
  const since = Date.now();
  await askPrimary(directory, { method: "POST", path: "/stop" });
  while (isAlive(status.pid)) await pause(LOOK_EVERY);
  const ms = Date.now() - since;
  const answer = { schemaVersion: 1, stopped: status.name, pid: status.pid, sessions: status.sessions, ms };
  const text = `Stopped the fleet ${status.name} (pid ${status.pid}, ${status.sessions} sessions) in ${formatTime(ms)}.`;
  process.stdout.write(`${options.json ? JSON.stringify(answer) : text}\n`);
  return EXIT.fine;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) !== "ESRCH";
  }
  return !isZombie(pid);
}

/** In a container without an init, an ended process may stay in the table for ever: it has ended all the same. */
function isZombie(pid: number): boolean {
  try {
    return /^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
