/** CLI: what flags and site file say together, checked by one schema, and how an error calls the place of a value. Pure. */

import type { core } from "zod";
import { UsageError } from "../base/errors.js";
import { nearestWord } from "../base/suggest.js";
import type { ProxyFlags } from "./proxy-options.js";
import type { SiteFile } from "./site-file.js";
import { type SiteValues, siteSchema } from "./site-schema.js";

type Path = readonly PropertyKey[];

export type WrittenSite = {
  readonly values: SiteValues;
  /** Whether a flag or the file says it. */
  has(...path: Path): boolean;
  /** `--port`, or `site.yml: hosts[1].port`. */
  nameOf(...path: Path): string;
  /** An error whose sentence begins with the place: ERR_USAGE of a flag, ERR_SITE_FILE of the file. */
  refusal(path: Path, sentence: string): UsageError;
};

/** Where each flag stands in the file. `--workers` is another thing there: of each host. */
const FLAGS: readonly [flag: keyof ProxyFlags, written: string, path: readonly string[]][] = [
  ["name", "--name", ["name"]],
  ["serverName", "--server-name", ["serverNames"]],
  ["port", "--port", ["port"]],
  ["tlsCert", "--tls-cert", ["tls", "certificate"]],
  ["tlsKey", "--tls-key", ["tls", "key"]],
  ["http2", "--http2", ["http2"]],
  ["sticky", "--sticky", ["sticky"]],
  ["stickyHeader", "--sticky-header", ["stickyHeader"]],
  ["pingInterval", "--ping-interval", ["pingInterval"]],
  ["pingTimeout", "--ping-timeout", ["pingTimeout"]],
  ["sessions", "--sessions", ["sessions"]],
  ["nginxVersion", "--nginx-version", ["nginxVersion"]],
  ["hosts", "--hosts", ["replicas"]],
  ["image", "--image", ["image"]],
  ["namespace", "--namespace", ["namespace"]],
  ["workers", "--workers", ["workers"]],
];

const COUNTS = new Set<keyof ProxyFlags>([
  "port",
  "pingInterval",
  "pingTimeout",
  "sessions",
  "hosts",
  "workers",
]);

/** @throws {UsageError} ERR_USAGE or ERR_SITE_FILE, with the place, for what the schema refuses */
export function writtenSite(flags: ProxyFlags, file: SiteFile | undefined): WrittenSite {
  const raw: Record<string, unknown> = { ...file?.values };
  for (const [flag, , path] of FLAGS) if (flags[flag] !== undefined) put(raw, path, flagValue(flag, flags));
  const names = placeNames(flags, file);
  const refusal = (path: Path, sentence: string): UsageError =>
    new UsageError(fromFlag(flags, path) ? "ERR_USAGE" : "ERR_SITE_FILE", `${sentence}.`);
  const checked = siteSchema.safeParse(raw);
  if (!checked.success) throw schemaRefusal(checked.error.issues[0] as core.$ZodIssue, raw, names, refusal);
  return {
    values: checked.data,
    has: (...path) => at(raw, path) !== undefined,
    nameOf: (...path) => names(path),
    refusal: (path, sentence) => refusal(path, `${names(path)} ${sentence}`),
  };
}

function flagValue(flag: keyof ProxyFlags, flags: ProxyFlags): unknown {
  const written = flags[flag];
  return COUNTS.has(flag) && typeof written === "string" && /^\d+$/.test(written) ? Number(written) : written;
}

function put(raw: Record<string, unknown>, [key = "", inner]: readonly string[], value: unknown): void {
  if (inner === undefined) raw[key] = value;
  else raw[key] = { ...(raw[key] as object | undefined), [inner]: value };
}

function at(value: unknown, [key, ...rest]: Path): unknown {
  if (key === undefined) return value;
  return typeof value === "object" && value !== null
    ? at((value as Record<PropertyKey, unknown>)[key], rest)
    : undefined;
}

function fromFlag(flags: ProxyFlags, path: Path): boolean {
  return flagOf(flags, path) !== undefined;
}

function flagOf(flags: ProxyFlags, path: Path): string | undefined {
  return FLAGS.find(
    ([flag, , place]) => flags[flag] !== undefined && place.every((key, index) => path[index] === key),
  )?.[1];
}

/** A place that nobody wrote is called by its flag where no file is read. */
function placeNames(flags: ProxyFlags, file: SiteFile | undefined): (path: Path) => string {
  return (path) => {
    const flag = flagOf(flags, path);
    if (flag !== undefined) return flag;
    if (file !== undefined) return path.length === 0 ? file.label : `${file.label}: ${pathText(path)}`;
    return FLAGS.find(([, , place]) => place.join() === path.join())?.[1] ?? pathText(path);
  };
}

/** `hosts[1].port` */
function pathText(path: Path): string {
  return path.reduce<string>(
    (text, key) =>
      typeof key === "number" ? `${text}[${key}]` : `${text}${text === "" ? "" : "."}${String(key)}`,
    "",
  );
}

function schemaRefusal(
  issue: core.$ZodIssue,
  raw: unknown,
  names: (path: Path) => string,
  refusal: (path: Path, sentence: string) => UsageError,
): UsageError {
  const where = names(issue.path);
  if (issue.code === "unrecognized_keys") {
    const [key = ""] = issue.keys;
    const known = keysAt(issue.path);
    const near = nearestWord(key, known);
    const hint = near === undefined ? `Known are ${known.join(", ")}` : `Did you mean "${near}"?`;
    const sentence = `${where}: there is no key ${JSON.stringify(key)} here. ${hint}`;
    return new UsageError("ERR_SITE_FILE", near === undefined ? `${sentence}.` : sentence);
  }
  const value = at(raw, issue.path);
  const is = value === undefined ? "is missing" : `is ${JSON.stringify(value)}`;
  return refusal(issue.path, `${where} must be ${wordsOf(issue)}, but ${is}`);
}

function wordsOf(issue: core.$ZodIssue): string {
  if (issue.code === "custom") return issue.message;
  if (issue.code === "invalid_type") return issue.expected === "array" ? "a list" : "an object with keys";
  if (issue.code === "too_big") return `a list of at most ${issue.maximum}`;
  return "a list that is not empty";
}

function keysAt(path: Path): string[] {
  const [first, second] = path;
  if (first === "tls") return Object.keys(siteSchema.shape.tls.unwrap().shape);
  if (first === "hosts" && second !== undefined)
    return Object.keys(siteSchema.shape.hosts.unwrap().element.shape);
  return Object.keys(siteSchema.shape);
}
