/** Config: how many processors this process may use. Node 20 does not know a container's CPU quota, so it is read here. */

import { availableParallelism } from "node:os";
import { posix } from "node:path";
import { ownGroups, type ReadText, readText } from "./control-groups.js";

/** The processors that the system offers, less what a CPU quota (cgroup v2 or v1) takes away; at least 1. */
export function usableCpus(available = availableParallelism(), read: ReadText = readText): number {
  const quota = cpuQuota(read);
  // Rounded down, as libuv does in later versions of Node: a share of a processor is no place for a whole worker.
  return quota === undefined ? available : Math.max(1, Math.min(available, Math.floor(quota)));
}

/** @returns processors, such as 1.5, or undefined without a quota */
export function cpuQuota(read: ReadText): number | undefined {
  const quotas = ownGroups("cpu", read)
    .map(({ version, folder }) => (version === 2 ? quotaV2(folder, read) : quotaV1(folder, read)))
    .filter((quota) => quota > 0);
  return quotas.length === 0 ? undefined : Math.min(...quotas);
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
