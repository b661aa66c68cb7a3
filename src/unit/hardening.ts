/**
 * Unit: what the service may not do (systemd.exec(5)). Each line is known to work with Node; MemoryDenyWriteExecute= is not among them,
 * because Node makes machine code while it runs. Pure.
 */

import type { UnitPlan } from "./plan.js";
import { value, word } from "./quote.js";

/** Above where the app and its tools are, as far as it decides what may be hidden. */
const HOMES = ["/home/", "/root/", "/run/user/"];
const TEMPORARY = ["/tmp/", "/var/tmp/"];

/** What RuntimeDirectory= can make. */
export const BELOW_RUN = /^\/run\/([\w.-]+(?:\/[\w.-]+)*)$/;

/** Where Holdfast itself opens Unix sockets. */
export function ownSocketFolder({ listen, sockets }: UnitPlan): string | undefined {
  return listen?.kind === "pipes" && sockets === undefined ? listen.folder : undefined;
}

export function hardening(plan: UnitPlan): string[] {
  // A user's own manager has no right to change what processes see of the system.
  if (plan.scope === "user") return ["NoNewPrivileges=yes", "LockPersonality=yes", "RestrictRealtime=yes"];
  return [
    "NoNewPrivileges=yes",
    ...capabilities(plan),
    ...files(plan),
    "PrivateDevices=yes",
    "ProtectClock=yes",
    "ProtectControlGroups=yes",
    "ProtectHostname=yes",
    "ProtectKernelLogs=yes",
    "ProtectKernelModules=yes",
    "ProtectKernelTunables=yes",
    "LockPersonality=yes",
    "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK",
    "RestrictNamespaces=yes",
    "RestrictRealtime=yes",
    "RestrictSUIDSGID=yes",
    "SystemCallArchitectures=native",
  ];
}

function capabilities({ runAs, lowPort, sockets }: UnitPlan): string[] {
  if (runAs === "root") return [];
  if (!lowPort || sockets !== undefined) return ["CapabilityBoundingSet="];
  return ["AmbientCapabilities=CAP_NET_BIND_SERVICE", "CapabilityBoundingSet=CAP_NET_BIND_SERVICE"];
}

function files(plan: UnitPlan): string[] {
  const isBelow = (folders: readonly string[]): boolean =>
    pathsOf(plan).some((path) => folders.some((folder) => path.startsWith(folder)));
  const inTemporary = isBelow(TEMPORARY);
  const sockets = ownSocketFolder(plan);
  const isMade = sockets === undefined || BELOW_RUN.test(sockets);
  const writable = [...plan.writable, ...(isMade ? [] : [sockets]), ...(inTemporary ? ["/tmp"] : [])];
  return [
    "# The app may write to its temporary folder and to what --writable names, nowhere else.",
    "ProtectSystem=strict",
    ...(writable.length === 0 ? [] : [`ReadWritePaths=${writable.map(word).join(" ")}`]),
    `ProtectHome=${isBelow(HOMES) ? "read-only" : "yes"}`,
    // A private one would hide the app.
    ...(inTemporary ? [] : ["PrivateTmp=yes"]),
  ];
}

function pathsOf({ node, holdfast, entry, folder, listen, writable }: UnitPlan): string[] {
  const sockets = listen?.kind === "pipes" ? [listen.folder] : [];
  return [node, holdfast, entry, folder, ...sockets, ...writable].map((path) => `${value(path)}/`);
}
