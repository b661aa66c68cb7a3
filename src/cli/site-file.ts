/** CLI: reads the file of `holdfast proxy --site`: YAML or JSON, with one object. What the object says is checked elsewhere. */

import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { dirname, extname, resolve } from "node:path";
import { parseDocument } from "yaml";
import { messageOf, UsageError } from "../base/errors.js";

export type SiteFile = {
  /** As it was written on the command line. */
  readonly label: string;
  /** Paths in it are relative to this. */
  readonly folder: string;
  readonly values: Readonly<Record<string, unknown>>;
};

/** 1296 hosts with 1296 addresses each would be larger, and nobody writes that by hand. Bytes. */
const LARGEST = 1 << 20;
const ENDINGS = [".yml", ".yaml", ".json"];

/** @throws {UsageError} ERR_SITE_FILE: missing, unreadable, too large, neither YAML nor JSON, or no object */
export function readSiteFile(written: string): SiteFile {
  if (!ENDINGS.includes(extname(written)))
    throw siteError(`The site file ${written} must end in ${ENDINGS.join(", ")}`);
  const path = resolve(written);
  // JSON is YAML.
  const document = parseDocument(textOf(path, written), { prettyErrors: true });
  const [problem] = document.errors;
  if (problem !== undefined)
    throw siteError(
      `The site file ${written} cannot be understood: ${problem.message.split(":\n")[0]}`,
      problem,
    );
  return {
    label: written,
    folder: dirname(path),
    values: asObject(documentValue(document, written), written),
  };
}

function textOf(path: string, written: string): string {
  let text: string | undefined;
  try {
    text = readWhole(path);
  } catch (cause) {
    throw siteError(`The site file ${written} cannot be read: ${messageOf(cause)}`, cause);
  }
  if (text === undefined)
    throw siteError(
      `The site file ${written} is larger than ${LARGEST} bytes: it should describe hosts only`,
    );
  return text;
}

/** A device or a file that grows has no end: no more than the limit is read. @returns undefined for what is larger */
function readWhole(path: string): string | undefined {
  const file = openSync(path, "r");
  try {
    if (!fstatSync(file).isFile()) throw new Error("it is no regular file");
    const bytes = Buffer.alloc(LARGEST + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read)
      read = readSync(file, bytes, length, bytes.length - length, null);
    return length > LARGEST ? undefined : bytes.toString("utf8", 0, length);
  } finally {
    closeSync(file);
  }
}

/** Aliases of aliases may unfold into more than any machine has. */
function documentValue(document: ReturnType<typeof parseDocument>, written: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    throw siteError(`The site file ${written} cannot be understood: ${messageOf(cause)}`, cause);
  }
}

function asObject(value: unknown, written: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw siteError(`The site file ${written} must hold keys such as "hosts:" and "port:"`);
}

function siteError(sentence: string, cause?: unknown): UsageError {
  return new UsageError("ERR_SITE_FILE", `${sentence.replace(/\.$/, "")}.`, { cause });
}
