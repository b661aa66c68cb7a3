/** Metrics, pure: of the fleet as a whole. */

import type { ChangeProgress, FleetStatus, WorkerStateName } from "../protocol/status.js";
import { type Metric, only, type Sample } from "./metric.js";

const STATES: readonly WorkerStateName[] = [
  "starting",
  "ready",
  "handing-over",
  "draining",
  "stopping",
  "exited",
];
const CHANGES: readonly ChangeProgress["what"][] = ["reload", "scale"];

export const FLEET_METRICS: readonly Metric[] = [
  {
    name: "holdfast_build_info",
    type: "gauge",
    help: "1; the label is the version of Holdfast.",
    read: ({ version }) => [{ labels: { version }, value: 1 }],
  },
  {
    name: "holdfast_uptime_seconds",
    type: "gauge",
    help: "Since the primary began.",
    read: ({ uptime }) => only(uptime / 1000),
  },
  {
    name: "holdfast_ready",
    type: "gauge",
    help: "1: somebody serves, and the fleet was not told to stop; what /readyz says.",
    read: ({ ready }) => only(ready ? 1 : 0),
  },
  {
    name: "holdfast_generation",
    type: "gauge",
    help: "The newest generation of workers; each reload begins one.",
    read: ({ workers }) => only(workers.reduce((newest, { generation }) => Math.max(newest, generation), 0)),
  },
  {
    name: "holdfast_workers",
    type: "gauge",
    help: "Workers, by state.",
    read: ({ workers }) =>
      STATES.map((state) => ({
        labels: { state },
        value: workers.filter((worker) => worker.state === state).length,
      })),
  },
  {
    name: "holdfast_change_in_progress",
    type: "gauge",
    help: "1 while a reload, or a change of the number of workers, is under way.",
    read: ({ change }) => CHANGES.map((what) => ({ labels: { what }, value: change?.what === what ? 1 : 0 })),
  },
  ofLastChange("sessions_moved", "Sessions that moved to another worker", ({ moved }) => moved),
  ofLastChange("sessions_closed", "Sessions that were told to reconnect", ({ closed }) => closed),
  ofLastChange("duration_seconds", "How long it took", ({ ms }) => ms / 1000),
  ofLastChange(
    "longest_pause_seconds",
    "The longest pause of a session",
    ({ longestPause }) => longestPause / 1000,
  ),
];

function ofLastChange(name: string, help: string, value: (change: ChangeProgress) => number): Metric {
  const read = ({ lastChange }: FleetStatus): Sample[] =>
    lastChange === null ? [] : [{ labels: { what: lastChange.what }, value: value(lastChange) }];
  return {
    name: `holdfast_last_change_${name}`,
    type: "gauge",
    help: `${help} in the last reload, or change of the number of workers, that ended.`,
    read,
  };
}
