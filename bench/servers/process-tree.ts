/** Servers: what a tree of processes has used, read from /proc. Linux only. */

import { readdirSync, readFileSync } from "node:fs";

/** USER_HZ is 100 on every Linux that Node runs on. */
const MICROSECONDS_PER_TICK = 10_000;

export type ProcessStat = {
  readonly pid: number;
  readonly parent: number;
  /** User and system time of the process and of its dead children, in ticks. */
  readonly ticks: number;
};

/** Processor time that each process of the trees has used so far, its dead children included. Microseconds by process id. */
export function cpuOfEach(roots: readonly number[]): Map<number, number> {
  const tree = treeOf(roots, allProcesses());
  return new Map(tree.map(({ pid, ticks }) => [pid, ticks * MICROSECONDS_PER_TICK]));
}

/** The same of all of them together. Microseconds. */
export function cpuOf(roots: readonly number[]): number {
  return sumOf(cpuOfEach(roots));
}

/** @param each as `cpuOfEach` tells it */
export function sumOf(each: ReadonlyMap<number, number>): number {
  return [...each.values()].reduce((sum, value) => sum + value, 0);
}

/** Memory that the trees have for themselves; what processes share is divided among them. Bytes. */
export function memoryOf(roots: readonly number[]): number {
  return treeOf(roots, allProcesses()).reduce((total, { pid }) => total + proportionalSize(pid), 0);
}

/** Memory of one process that is in RAM, what it shares included. Bytes; 0 when it has ended. */
export function residentSize(pid: number): number {
  return parseResidentSize(readIfAlive(`/proc/${pid}/status`) ?? "");
}

/** Whether SIGSTOP has reached the process, all its threads included. */
export function isStopped(pid: number): boolean {
  return parseState(readIfAlive(`/proc/${pid}/stat`) ?? "") === "T";
}

export function pidsOf(roots: readonly number[]): number[] {
  return treeOf(roots, allProcesses()).map(({ pid }) => pid);
}

/** @returns the processes in `all` that are one of `roots` or descend from one */
export function treeOf(roots: readonly number[], all: readonly ProcessStat[]): ProcessStat[] {
  const tree = all.filter(({ pid }) => roots.includes(pid));
  // The list grows while it is walked: children of children come too.
  for (const { pid } of tree) tree.push(...all.filter(({ parent }) => parent === pid));
  return tree;
}

/** Reads the text of /proc/PID/stat. The name in parentheses may itself contain spaces and parentheses. */
export function parseStat(text: string): ProcessStat {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  // Numbered as in proc(5), where the state, first behind the name, is field 3.
  const field = (number: number): number => Number(fields[number - 3]);
  return {
    pid: Number.parseInt(text, 10),
    parent: field(4),
    ticks: field(14) + field(15) + field(16) + field(17),
  };
}

/** @returns the letter of the state in the text of /proc/PID/stat, or undefined in an empty one */
export function parseState(text: string): string | undefined {
  return text[text.lastIndexOf(")") + 2];
}

/** @returns bytes of the line `VmRSS:` in the text of /proc/PID/status; 0 without it, as in a process that ends */
export function parseResidentSize(text: string): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0) * 1024;
}

/** @returns bytes of the line `Pss:` in the text of /proc/PID/smaps_rollup */
export function parseProportionalSize(text: string): number {
  const kilobytes = /^Pss:\s+(\d+) kB$/m.exec(text)?.[1];
  if (kilobytes === undefined)
    throw new Error("smaps_rollup has no line `Pss:`; the benchmark needs Linux 4.14 or later");
  return Number(kilobytes) * 1024;
}

function allProcesses(): ProcessStat[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    const text = readIfAlive(`/proc/${pid}/stat`);
    return text === undefined ? [] : [parseStat(text)];
  });
}

function proportionalSize(pid: number): number {
  const text = readIfAlive(`/proc/${pid}/smaps_rollup`);
  return text === undefined || text === "" ? 0 : parseProportionalSize(text);
}

/** @returns undefined when the process has ended meanwhile */
function readIfAlive(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ESRCH") return undefined;
    throw error;
  }
}
