/**
 * Worker without a primary: what a process writes down so that others can tell later whether it still lives. A pid alone may be
 * somebody else's by then, and means nothing in another container.
 */

import { randomBytes } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";

export type ProcessMark = {
  /** Unlike that of any other claim. */
  readonly id: string;
  readonly pid: number;
  /** When it began, in the kernel's ticks since boot; empty where the system does not tell. */
  readonly start: string;
  /** Where its pid counts: boot and PID namespace. */
  readonly place: string;
  /** Names what a manager runs, over all processes that it replaces one another with; empty without such a manager. */
  readonly managed: string;
};

/** @param managed see {@link ProcessMark}; made unlike those of other containers */
export function markOfThisProcess(managed: string): ProcessMark {
  const id = randomBytes(6).readUIntBE(0, 6).toString(36);
  const { pid } = process;
  const place = thisPlace();
  const start = statOf(pid)?.start ?? "";
  return { id, pid, start, place, managed: managed === "" ? "" : `${place} ${managed}` };
}

/** @returns undefined for what is no mark, such as a file that a full disk left empty */
export function parseMark(text: string): ProcessMark | undefined {
  try {
    const mark = JSON.parse(text) as ProcessMark | null;
    const valid = typeof mark?.id === "string" && typeof mark.pid === "number" && mark.pid > 0;
    return valid ? mark : undefined;
  } catch {
    return undefined;
  }
}

/** Whether this process can tell from the pid. Otherwise it must be asked. */
export const isOfThisPlace = (mark: ProcessMark): boolean => mark.place === thisPlace();

/** Of a mark of this place. A process that ended and that its parent has not yet heard of is dead. */
export function livesHere({ pid, start }: ProcessMark): boolean {
  const stat = statOf(pid);
  if (stat !== undefined) return stat.start === start && !"ZX".includes(stat.state);
  return start === "" && isAlive(pid);
}

/** Field 3 and field 22 of proc(5), counted behind the command's closing bracket, within which anything may stand. */
function statOf(pid: number): { state: string; start: string } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return { state: fields[0] ?? "", start: fields[19] ?? "" };
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

let place: string | undefined;

/** Empty where there is no /proc: such systems have no PID namespaces either. */
function thisPlace(): string {
  place ??= [
    read(() => readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim()),
    read(() => readlinkSync("/proc/self/ns/pid")),
  ].join(" ");
  return place;
}

function read(from: () => string): string {
  try {
    return from();
  } catch {
    return "";
  }
}
