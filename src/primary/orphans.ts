/**
 * Primary, as PID 1 of a container: processes that the app leaves behind become children of PID 1, and when they end somebody
 * must collect them. Node collects only what it started itself, and can neither be told to nor, before 22.15, become another
 * program that does. So what is left is to notice them, and to say which program to put in front.
 */

import { readdirSync, readFileSync } from "node:fs";
import type { LogEntry } from "./log.js";

/** How often to look. In a container there are a few processes, so that this costs a fraction of a millisecond. Milliseconds. */
const LOOK_EVERY = 5000;

export type ProcessLine = { readonly pid: number; readonly state: string; readonly parent: number };

/**
 * Warns once, when the first such process is there. Does nothing where another program is PID 1.
 * @param own the pids of the workers: they may just have ended, and Node collects them
 * @returns a function that stops looking
 */
export function watchOrphans(own: () => ReadonlySet<number>, write: (entry: LogEntry) => void): () => void {
  if (process.pid !== 1) return () => {};
  const timer = setInterval(() => {
    const orphans = uncollected(process.pid, own(), processes());
    if (orphans.length === 0) return;
    clearInterval(timer);
    write(warning(orphans));
  }, LOOK_EVERY).unref();
  return () => clearInterval(timer);
}

/** Children of `parent` that have ended and that nobody collects. */
export function uncollected(
  parent: number,
  own: ReadonlySet<number>,
  all: readonly ProcessLine[],
): readonly number[] {
  return all
    .filter((one) => one.parent === parent && one.state === "Z" && !own.has(one.pid))
    .map(({ pid }) => pid);
}

function warning(pids: readonly number[]): LogEntry {
  const which = `${pids.length === 1 ? "a process" : `${pids.length} processes`} that the app left behind (pid ${pids.join(", ")})`;
  const what = `${which} stay${pids.length === 1 ? "s" : ""} in the table of processes, as nobody collects what ends under PID 1`;
  const text = `${what}: run the container with an init (docker run --init, "init: true" in a compose file, or ENTRYPOINT ["tini", "--"])`;
  return { level: "warn", event: "orphans", text, fields: { pids: pids.join(" ") } };
}

function processes(): ProcessLine[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readProcess(Number(name)) ?? []);
}

function readProcess(pid: number): ProcessLine | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The name, in brackets, may hold anything; see proc(5).
    const [state = "", parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { pid, state, parent: Number(parent) };
  } catch {
    return undefined;
  }
}
