/** Config: the control groups (cgroup v2 or v1) that this process is in, from which the limits of a container are read. */

import { readFileSync } from "node:fs";
import { posix } from "node:path";

export type ReadText = (path: string) => string | undefined;

export type ControlGroup = { readonly version: 1 | 2; readonly folder: string };

const ROOT = "/sys/fs/cgroup";

/**
 * Every folder that may say something about a controller, such as `cpu`: the own group and all above, which count too. In a
 * container the path is the host's and not visible: then only the root is found. See cgroups(7).
 */
export function ownGroups(controller: string, read: ReadText): ControlGroup[] {
  const lines = (read("/proc/self/cgroup") ?? "0::/").split("\n");
  return lines.flatMap((line) => groupsOf(line, controller));
}

/** @param line `0::/path` (v2) or `4:cpu,cpuacct:/path` (v1) */
function groupsOf(line: string, controller: string): ControlGroup[] {
  const [hierarchy, controllers = "", path] = line.split(":");
  if (path === undefined) return [];
  if (hierarchy === "0")
    return foldersUp(path).map((folder) => ({ version: 2, folder: posix.join(ROOT, folder) }));
  if (!controllers.split(",").includes(controller)) return [];
  return [controller, controllers].flatMap((mount) =>
    foldersUp(path).map((folder) => ({ version: 1, folder: posix.join(ROOT, mount, folder) }) as const),
  );
}

function foldersUp(path: string): string[] {
  const folders = [path];
  for (let folder = path; folder !== "/" && folder !== "." && folder !== ""; folder = posix.dirname(folder)) {
    folders.push(posix.dirname(folder));
  }
  return folders;
}

export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
