/** Primary, pure: the sentence that says why a slot cannot have the socket that `--listen` gives it. */

import { getSystemErrorMap } from "node:util";
import type { SlotFailure } from "./slot-listeners.js";

const SLOT_HINTS: Readonly<Record<string, string>> = {
  EADDRINUSE: "Another program uses it: stop that, or choose other sockets with --listen.",
  EACCES: "This user may not open it: choose other sockets with --listen; ports below 1024 need a privilege.",
  EADDRNOTAVAIL: "This machine does not have that address: choose another with --host.",
};

/** @returns the sentence, and the system's code */
export function cannotListen({ slot, target, error, errno }: SlotFailure): { message: string; code: string } {
  const [, description = error] = getSystemErrorMap().get(errno) ?? [];
  const socket =
    target.kind === "tcp"
      ? `port ${target.port}${target.host === undefined ? "" : ` of ${target.host}`}`
      : target.path;
  const hint = SLOT_HINTS[error] ?? "Choose other sockets with --listen.";
  return { message: `slot ${slot} cannot have ${socket}: ${error}, ${description}. ${hint}`, code: error };
}
