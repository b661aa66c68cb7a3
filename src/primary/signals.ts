/** Primary: what the operator says by signal. Handlers enqueue, the fleet's loop decides; docs/signals.md is the list. */

import { closeSync, openSync } from "node:fs";
import type { FleetEvent } from "./lifecycle/events.js";

const EVENTS = {
  SIGTERM: { type: "stop", by: "SIGTERM", signal: true },
  SIGINT: { type: "stop", by: "SIGINT", signal: true },
  SIGHUP: { type: "reload", by: "SIGHUP" },
  SIGTTIN: { type: "scale-by", change: 1, by: "SIGTTIN" },
  SIGTTOU: { type: "scale-by", change: -1, by: "SIGTTOU" },
} as const satisfies Partial<Record<NodeJS.Signals, FleetEvent>>;

const EARLY = { SIGTERM: 143, SIGINT: 130 } as const;

/** For PID 1: the system does not end it by a signal that it does not listen to, as it ends any other process. */
export function endOnSignalsAsPidOne(pid = process.pid): void {
  if (pid === 1) for (const signal of Object.keys(EARLY)) process.on(signal, endEarly);
}

function endEarly(signal: keyof typeof EARLY): void {
  process.exit(EARLY[signal]);
}

/** Takes over from {@link endOnSignalsAsPidOne}. @returns a function that stops listening */
export function onSignals(post: (event: FleetEvent) => void): () => void {
  const interactive = process.stdout.isTTY && hasTerminal();
  const listener = (signal: NodeJS.Signals): void => {
    // Whoever closes the window of a fleet in the foreground wants it gone; elsewhere HUP means reload.
    const closed = signal === "SIGHUP" && interactive && !hasTerminal();
    post(
      closed
        ? { type: "stop", by: "the terminal was closed", signal: false }
        : EVENTS[signal as keyof typeof EVENTS],
    );
  };
  for (const signal of Object.keys(EVENTS)) process.on(signal, listener);
  for (const signal of Object.keys(EARLY)) process.off(signal, endEarly);
  return () => {
    for (const signal of Object.keys(EVENTS)) process.off(signal, listener);
  };
}

function hasTerminal(): boolean {
  try {
    closeSync(openSync("/dev/tty", "r"));
    return true;
  } catch {
    return false;
  }
}
