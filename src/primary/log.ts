/** Primary: Holdfast's own lines. One grammar: `holdfast slot=2 gen=3 pid=4711 ready in 840 ms`, or one JSON object a line. */

import { type SlotSockets, slotSocketsText, slotTarget } from "../config/slot-sockets.js";
import { isSlotAddress } from "../protocol/listening.js";
import type { ListenAddress } from "../protocol/messages.js";
import type { LogEffect, LogLevel } from "./lifecycle/events.js";
import type { LogHistory } from "./log-history.js";
import type { Outputs, OutputTarget } from "./output.js";

export type LogEntry = Omit<LogEffect, "do">;

export type ReadyLine = {
  readonly name: string;
  readonly listening: readonly ListenAddress[];
  /** `--listen`; undefined: all workers share one socket. */
  readonly slotSockets: SlotSockets | undefined;
  readonly ready: number;
  readonly wanted: number;
  readonly pid: number;
  readonly ms: number;
};

/** Sentences that are remembered as said. */
const MAX_WARNED = 200;

export class Log {
  readonly #warned = new Set<string>();
  readonly #format: "pretty" | "json";
  readonly #name: string;
  readonly #stdout: OutputTarget;
  readonly #stderr: OutputTarget;
  readonly #history: LogHistory | undefined;

  constructor(options: Outputs & { format: "pretty" | "json"; name: string }) {
    this.#history = options.history;
    this.#format = options.format;
    this.#name = options.name;
    this.#stdout = options.stdout;
    this.#stderr = options.stderr;
  }

  /** One line to stderr. */
  write(entry: LogEntry): void {
    const line = this.#format === "json" ? this.#json(entry) : pretty(entry);
    this.#stderr.writeLine(line);
    this.#remember(line, entry.worker);
  }

  /** Every worker finds the same fault in the app; it is said once. */
  warnOnce(event: string, text: string): void {
    if (this.#warned.has(text)) return;
    if (this.#warned.size < MAX_WARNED) this.#warned.add(text);
    this.write({ level: "warn", event, text });
  }

  /** The one line that programs wait for: to stdout. */
  ready(line: ReadyLine): void {
    const text = this.#format === "json" ? readyJson(line) : readyPretty(line);
    this.#stdout.writeLine(text);
    this.#remember(text);
  }

  #remember(text: string, worker?: LogEntry["worker"]): void {
    const { slot = null, generation = null } = worker ?? {};
    this.#history?.add({ slot, generation, stream: "log", line: Buffer.from(text) });
  }

  #json({ level, event, text, worker, fields }: LogEntry): string {
    return jsonLine(event, level, { name: this.#name, ...worker, ...fields, message: text });
  }
}

function pretty({ worker, text }: LogEntry): string {
  if (worker === undefined) return `holdfast ${text}`;
  const pid = worker.pid === null ? "" : ` pid=${worker.pid}`;
  return `holdfast slot=${worker.slot} gen=${worker.generation}${pid} ${text}`;
}

function readyPretty({ name, listening, slotSockets, ready, wanted, pid, ms }: ReadyLine): string {
  const own = ownSockets({ slotSockets, listening, wanted });
  const where = own ? { [own.kind]: slotSocketsText(own, wanted) } : firstAddress(listening);
  const places = Object.entries(where).map(([key, value]) => ` ${key}=${value}`);
  const workers = ready === wanted ? ready : `${ready}/${wanted}`;
  return `holdfast ready name=${name}${places.join("")} workers=${workers} pid=${pid} in ${ms} ms`;
}

function readyJson({ name, listening, slotSockets, ready, wanted, pid, ms }: ReadyLine): string {
  const own = ownSockets({ slotSockets, listening, wanted });
  const where = own ? slotAddresses(own, wanted) : firstAddress(listening);
  const fields = { name, ...where, workers: ready, wanted, pid, ms, listening };
  return jsonLine("ready", "info", fields);
}

type Places = Pick<ReadyLine, "slotSockets" | "listening" | "wanted">;

/** Nothing for an app whose servers are none that `--listen` is about. */
function ownSockets({ slotSockets, listening, wanted }: Places): SlotSockets | undefined {
  const isUsed = slotSockets && listening.some((address) => isSlotAddress(slotSockets, wanted, address));
  return isUsed ? slotSockets : undefined;
}

/** `ports` or `pipes`, in the order of the slots. */
function slotAddresses(sockets: SlotSockets, count: number): Record<string, (number | string)[]> {
  const targets = Array.from({ length: count }, (_, slot) => slotTarget(sockets, slot));
  return { [sockets.kind]: targets.map((target) => (target.kind === "tcp" ? target.port : target.path)) };
}

/** `port` of the first TCP listener, else `path` of the first Unix socket, else nothing: the app listens nowhere. */
function firstAddress(listening: readonly ListenAddress[]): { port?: number; path?: string } {
  for (const address of listening) if (typeof address !== "string") return { port: address.port };
  const [path] = listening;
  return typeof path === "string" ? { path } : {};
}

function jsonLine(event: string, level: LogLevel, fields: object): string {
  return JSON.stringify({ time: new Date().toISOString(), level, event, ...fields });
}
