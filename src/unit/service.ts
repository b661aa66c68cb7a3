/** Unit: the service of a whole fleet, and the socket unit that belongs to it. Pure. */

import { fileOf, head, limits, network, stopping, surroundings, wantedBy } from "./common.js";
import type { UnitFile, UnitPlan } from "./plan.js";
import { commandLine, value } from "./quote.js";

/** The first with Type=notify-reload. */
const NOTIFY_RELOAD = 253;

/** A user's own commands find a user's fleets by themselves. */
const meeting = ({ scope }: UnitPlan): string =>
  `Where the processes meet. All fleets ${scope === "user" ? "of this user: holdfast status" : "of this machine: HOLDFAST_RUNTIME_DIR=/run/holdfast holdfast status"}`;

export function serviceFiles(plan: UnitPlan): UnitFile[] {
  const service = { name: `${plan.name}.service`, text: serviceText(plan) };
  return plan.sockets === undefined ? [service] : [service, socketFile(plan, plan.sockets)];
}

function serviceText(plan: UnitPlan): string {
  const { name, node, holdfast, entry, startFlags, args, sockets } = plan;
  const start = [node, holdfast, "start", entry, "--name", name, ...startFlags];
  const enable =
    sockets === undefined ? `enable --now ${name}.service` : `enable --now ${name}.socket ${name}.service`;
  return fileOf([
    ...head(plan, `${name}.service`, [enable]),
    "[Unit]",
    `Description=${value(name)}, a Socket.IO app on every core`,
    ...network(plan),
    ...(sockets === undefined
      ? []
      : [
          "# The sockets are there before the service, and while it is restarted.",
          `Requires=${name}.socket`,
        ]),
    "",
    "[Service]",
    ...reload(plan),
    "# Holdfast speaks to systemd by the program systemd-notify, which is a child of it.",
    "NotifyAccess=all",
    `ExecStart=${commandLine([...start, ...(args.length === 0 ? [] : ["--", ...args])])}`,
    "# Without a sign of life for so long, systemd ends the fleet and starts it again.",
    "WatchdogSec=30",
    "# Only the primary gets TERM, and tells its workers when it is their turn.",
    "KillMode=mixed",
    ...stopping(plan),
    "Restart=on-failure",
    "RestartSec=1",
    "# 2: a flag or setting is wrong; 4: the app cannot be loaded. Neither mends itself, unlike 3: workers that cannot boot.",
    "RestartPreventExitStatus=2 4",
    ...surroundings(plan, meeting(plan)),
    ...limits(plan),
    "",
    "[Install]",
    wantedBy(plan),
  ]);
}

function reload({ systemdVersion, node, holdfast, name }: UnitPlan): string[] {
  const ready =
    "# Ready when every worker is; its line Status: says how many are, and how many sessions there are.";
  if (systemdVersion >= NOTIFY_RELOAD) {
    return [
      ready,
      "# systemctl reload sends HUP, and waits until every worker runs the new code.",
      "Type=notify-reload",
    ];
  }
  return [
    ready,
    "Type=notify",
    "# systemctl reload waits until every worker runs the new code, and fails where the new code does not start.",
    `ExecReload=${commandLine([node, holdfast, "reload", "--name", name])}`,
  ];
}

function socketFile(plan: UnitPlan, streams: readonly string[]): UnitFile {
  const { name, runAs, scope } = plan;
  const hasFiles = streams.some((stream) => stream.startsWith("/"));
  const access = [
    "# Who may connect. For a proxy of another user add SocketGroup= with a group that it is in.",
    "SocketMode=0660",
    ...(scope === "user" ? [] : [`SocketUser=${value(runAs)}`]),
    "RemoveOnStop=yes",
  ];
  const text = fileOf([
    ...head(plan, `${name}.socket`, [`enable --now ${name}.socket ${name}.service`]),
    "[Unit]",
    `Description=Sockets of ${value(name)}`,
    "",
    "[Socket]",
    "# Who connects while the service is started, stopped or restarted waits here, and is not refused.",
    ...streams.map((stream) => `ListenStream=${value(stream)}`),
    ...(hasFiles ? access : []),
    "",
    "[Install]",
    "WantedBy=sockets.target",
  ]);
  return { name: `${name}.socket`, text };
}
