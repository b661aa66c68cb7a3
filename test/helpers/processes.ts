/** Test helper: which processes and descriptors there are. */

import { readdirSync, readFileSync } from "node:fs";

/** Place of `num_threads` of proc(5) in {@link fieldsOf}. */
const NUM_THREADS = 17;

/** A process that has ended but was not reaped is gone too. */
export function isRunning(pid: number): boolean {
  return stateOf(pid) !== "gone" && !isZombie(pid);
}

/** Its first thread is one as soon as that has ended; the sockets stay open until the others have, too. */
export function isZombie(pid: number): boolean {
  return stateOf(pid) === "Z" && Number(fieldsOf(pid)[NUM_THREADS]) <= 1;
}

/** Every living process whose parent is `pid`, zombies included. */
export function childrenOf(pid: number): number[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((child) => fieldsOf(child)[1] === String(pid));
}

/** By SIGSTOP: it has been sent, and has taken effect. */
export function isStopped(pid: number): boolean {
  return stateOf(pid) === "T";
}

export function openDescriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

function stateOf(pid: number): string {
  return fieldsOf(pid)[0] ?? "gone";
}

/** State, parent and so on, behind the command's name. */
function fieldsOf(pid: number): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return [];
  }
}
