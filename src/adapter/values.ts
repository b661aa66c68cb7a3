/**
 * Adapter: values of the app on their way to another worker (socket.data, handshakes, arguments of serverSideEmit). Pure.
 * JSON's rules where people know them, a structured clone where JSON would lose something; never an exception.
 */

import { deserialize, serialize } from "node:v8";
import { WireError } from "./wire.js";

/**
 * - An object with `toJSON` goes as what that returns; any other instance as its own enumerable properties.
 * - Binary data, dates, maps, sets, bigints, regular expressions, errors and circular references stay what they are.
 * - Functions and symbols become undefined.
 * @param lost called once for every part that cannot be taken along (a getter that throws, a structure too deep)
 */
export function encodeValue(value: unknown, lost: () => void): Buffer {
  try {
    return serialize(toPlain(value, new Map()));
  } catch {
    return serialize(salvage(value, SALVAGE_DEPTH, lost));
  }
}

/** @throws {WireError} */
export function decodeValue(bytes: Buffer): unknown {
  try {
    // A copy: binary parts of the result are views.
    return deserialize(Buffer.from(bytes));
  } catch (cause) {
    throw new WireError("a value that cannot be read", { cause });
  }
}

/** Enough to lose one field of one socket's data and not the list of sockets. */
const SALVAGE_DEPTH = 4;

/** Part by part, and of each what can be taken along. */
function salvage(value: unknown, depth: number, lost: () => void): unknown {
  try {
    const plain = toPlain(value, new Map());
    serialize(plain);
    return plain;
  } catch {
    if (depth > 0 && Array.isArray(value)) return value.map((part) => salvage(part, depth - 1, lost));
    if (depth > 0 && typeof value === "object" && value !== null) return salvageObject(value, depth, lost);
    lost();
    return undefined;
  }
}

function salvageObject(value: object, depth: number, lost: () => void): object {
  const kept: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    try {
      kept[key] = salvage((value as Record<string, unknown>)[key], depth - 1, lost);
    } catch {
      lost();
    }
  }
  return kept;
}

type Copies = Map<object, unknown>;

function toPlain(value: unknown, copies: Copies): unknown {
  if (typeof value === "function" || typeof value === "symbol") return undefined;
  if (typeof value !== "object" || value === null) return value;
  if (copies.has(value)) return copies.get(value);
  if (isCloneable(value)) return value;
  if (Array.isArray(value)) return copyArray(value, copies);
  if (value instanceof Map) return copyMap(value, copies);
  if (value instanceof Set) return copySet(value, copies);
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === "function") return toPlain(toJSON.call(value, ""), copies);
  if (value instanceof Error) return value;
  return copyObject(value, copies);
}

/** A structured clone keeps these as they are. */
function isCloneable(value: object): boolean {
  return (
    (ArrayBuffer.isView(value) && !(value.buffer instanceof SharedArrayBuffer)) ||
    value instanceof ArrayBuffer ||
    value instanceof Date ||
    value instanceof RegExp ||
    value instanceof String ||
    value instanceof Number ||
    value instanceof Boolean
  );
}

function copyArray(value: readonly unknown[], copies: Copies): unknown[] {
  const copy: unknown[] = [];
  copies.set(value, copy);
  for (const element of value) copy.push(toPlain(element, copies));
  return copy;
}

function copyMap(value: ReadonlyMap<unknown, unknown>, copies: Copies): Map<unknown, unknown> {
  const copy = new Map<unknown, unknown>();
  copies.set(value, copy);
  for (const [key, element] of value) copy.set(toPlain(key, copies), toPlain(element, copies));
  return copy;
}

function copySet(value: ReadonlySet<unknown>, copies: Copies): Set<unknown> {
  const copy = new Set<unknown>();
  copies.set(value, copy);
  for (const element of value) copy.add(toPlain(element, copies));
  return copy;
}

function copyObject(value: object, copies: Copies): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  copies.set(value, copy);
  for (const key of Object.keys(value)) {
    const plain = toPlain((value as Record<string, unknown>)[key], copies);
    // Assigned, this one name would set the prototype.
    if (key === "__proto__") continue;
    copy[key] = plain;
  }
  return copy;
}
