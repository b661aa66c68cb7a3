/** Config: how many processors this process may use. Node 20 does not know a container's CPU quota, so it is read here. */

import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { posix } from "node:path";

type ReadText = (path: string) => string | undefined;

const ROOT = "/sys/fs/cgroup";

/** The processors that the system offers, less what a CPU quota (cgroup v2 or v1) takes away; at least 1. */
export function usableCpus(available = availableParallelism(), read: ReadText = readText): number {
  const quota = cpuQuota(read);
  // Rounded down, as libuv does in later versions of Node: a share of a processor is no place for a whole worker.
  return quota === undefined ? available : Math.max(1, Math.min(available, Math.floor(quota)));
}

/** @returns processors, such as 1.5, or undefined without a quota */
export function cpuQuota(read: ReadText): number | undefined {
  const quotas = (read("/proc/self/cgroup") ?? "0::/")
    .split("\n")
    .flatMap((line) => quotasOf(line, read))
    .filter((quota) => quota > 0);
  return quotas.length === 0 ? undefined : Math.min(...quotas);
}

/** @param line `0::/path` (v2) or `4:cpu,cpuacct:/path` (v1) */
function quotasOf(line: string, read: ReadText): number[] {
  const [hierarchy, controllers = "", path] = line.split(":");
  if (path === undefined) return [];
  if (hierarchy === "0") return foldersUp(path).map((folder) => quotaV2(posix.join(ROOT, folder), read));
  if (!controllers.split(",").includes("cpu")) return [];
  return ["cpu", controllers].flatMap((mount) =>
    foldersUp(path).map((folder) => quotaV1(posix.join(ROOT, mount, folder), read)),
  );
}

/** Every group above counts too. In a container the path is the host's and not visible: then only the root is found. */
function foldersUp(path: string): string[] {
  const folders = [path];
  for (let folder = path; folder !== "/" && folder !== "." && folder !== ""; folder = posix.dirname(folder)) {
    folders.push(posix.dirname(folder));
  }
  return folders;
}

function quotaV2(folder: string, read: ReadText): number {
  const [quota, period] = (read(posix.join(folder, "cpu.max")) ?? "max").trim().split(/\s+/);
  return ratio(quota, period);
}

function quotaV1(folder: string, read: ReadText): number {
  return ratio(read(posix.join(folder, "cpu.cfs_quota_us")), read(posix.join(folder, "cpu.cfs_period_us")));
}

/** @returns 0 for "no quota": `max`, -1, or nothing there */
function ratio(quota: string | undefined, period: string | undefined): number {
  const value = Number(quota) / Number(period);
  return Number.isFinite(value) && value > 0 ? value : 0;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
