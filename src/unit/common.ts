/** Unit: what the service of a fleet and the template of its workers have in common. Pure. */

import { BELOW_RUN, hardening, ownSocketFolder } from "./hardening.js";
import type { UnitPlan } from "./plan.js";
import { seconds, value, word } from "./quote.js";

/** The app's last requests, and what its own TERM handlers do. Milliseconds. */
const AFTER_DRAIN = 10_000;

export function head(plan: UnitPlan, file: string, commands: readonly string[]): string[] {
  const folder = plan.scope === "user" ? "~/.config/systemd/user" : "/etc/systemd/system";
  const control = plan.scope === "user" ? "systemctl --user" : "systemctl";
  return [
    `# ${file}, written by "holdfast unit". Its place is ${folder}; then:`,
    `#   ${control} daemon-reload`,
    ...commands.map((command) => `#   ${control} ${command}`),
  ];
}

/** Who and where. @param meeting what is said about the folder where the processes meet */
export function surroundings(plan: UnitPlan, meeting: string): string[] {
  return [
    ...(plan.scope === "user" ? [] : [`User=${value(plan.runAs)}`]),
    `WorkingDirectory=${value(plan.folder)}`,
    ...plan.environmentFiles.map((file) => `EnvironmentFile=${value(file)}`),
    ...environment(plan).map(([name, text]) => `Environment=${word(`${name}=${text}`)}`),
    `# ${meeting}`,
    `RuntimeDirectory=${[`holdfast/${plan.name}`, ...socketFolder(plan)].join(" ")}`,
    "Environment=HOLDFAST_RUNTIME_DIR=%t/holdfast",
  ];
}

function environment({ environment: given }: UnitPlan): UnitPlan["environment"] {
  const isGiven = given.some(([name]) => name === "NODE_ENV");
  return isGiven ? given : [["NODE_ENV", "production"], ...given];
}

/** The folder of `--listen pipes:/run/chat`, which the service's user could not make there. */
function socketFolder(plan: UnitPlan): string[] {
  const [, below] = BELOW_RUN.exec(ownSocketFolder(plan) ?? "") ?? [];
  return below === undefined || plan.scope === "user" ? [] : [below];
}

export function limits(plan: UnitPlan): string[] {
  const files = ["# A session is an open file.", "LimitNOFILE=1048576"];
  return [...(plan.scope === "user" ? [] : files), "", ...hardening(plan)];
}

export function stopping({ stopsWithin }: UnitPlan): string[] {
  return [
    `# More than shutdown delay and drain time-out, ${seconds(stopsWithin)} s together.`,
    `TimeoutStopSec=${seconds(stopsWithin + AFTER_DRAIN)}`,
  ];
}

export function wantedBy({ scope }: UnitPlan): string {
  return `WantedBy=${scope === "user" ? "default.target" : "multi-user.target"}`;
}

export function network({ scope }: UnitPlan): string[] {
  return scope === "user" ? [] : ["Wants=network-online.target", "After=network-online.target"];
}

export function fileOf(lines: readonly string[]): string {
  return `${lines.join("\n")}\n`;
}
