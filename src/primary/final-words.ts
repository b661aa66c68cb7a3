/** Primary, pure: the sentence that says why the fleet is at its end, and what to do. */

import type { Finish } from "./fleet.js";
import type { LogEntry } from "./log.js";

const HINTS: Readonly<Record<string, string>> = {
  EADDRINUSE: "Another program uses that address: stop it, or choose another with --port.",
  EACCES: "Ports below 1024 need a privilege: choose another with --port.",
  ENOTFOUND: "That host name has no address here: choose another with --host.",
  EADDRNOTAVAIL: "This machine does not have that address: choose another with --host.",
};

/** @returns nothing when the fleet was told to stop */
export function finalWords(finish: Finish, entry: string): LogEntry | undefined {
  switch (finish.reason) {
    case "stop":
      return undefined;
    case "gave-up":
      return entryOf("gave-up", gaveUp(finish), finish);
    case "listen":
      return entryOf("listen-failed", `could not start: ${finish.last?.failure?.message}`, finish);
    case "site":
      return entryOf("site-refused", `could not start: ${finish.last?.failure?.message}`, finish);
    case "load":
      return entryOf("load-failed", couldNotLoad(finish, entry), finish);
  }
}

function entryOf(event: string, text: string, { exitCode, last, tail }: Finish): LogEntry {
  const fields = { exitCode, code: last?.failure?.code ?? null, stderr: tail.join("\n") };
  return { level: "error", event, text, fields };
}

function gaveUp({ failures, last, tail }: Finish): string {
  const times = `${failures} ${failures === 1 ? "start" : "starts"} in a row failed and no worker is ready`;
  const worker =
    last === null
      ? ""
      : ` The last worker, of slot ${last.slot}, ${last.how}: ${why(last.failure?.message, tail)}`;
  return `gave up: ${times}.${worker} ${hint(last?.failure?.code)}`;
}

function couldNotLoad({ last, tail }: Finish, entry: string): string {
  const reason = why(last?.failure?.message, tail);
  return `could not load the app ${entry}: ${reason} Mend that, then start it again.`;
}

function hint(code: string | undefined): string {
  return (code !== undefined && HINTS[code]) || "Mend what the app says above, then start it again.";
}

/** The worker's own word, else the best line of what it wrote to stderr. */
function why(message: string | undefined, tail: readonly string[]): string {
  const text = (message ?? bestLine(tail) ?? "it wrote nothing to stderr").trim();
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** An error's first line rather than its stack, and never the version that Node puts under both. */
function bestLine(tail: readonly string[]): string | undefined {
  const lines = tail.filter((line) => line.trim() !== "" && !/^\s+at |^Node\.js v\d/.test(line));
  return lines.findLast((line) => /^(?:Uncaught )?[A-Z]\w*Error\b/.test(line)) ?? lines.at(-1);
}
