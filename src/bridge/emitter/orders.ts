/**
 * Bridge, pure: what a process outside the site may ask for, as `@socket.io/redis-emitter` 5 and its kin in other languages publish it:
 * `[uid, packet, opts]` in MessagePack on `<key>#<namespace>#` or `<key>#<namespace>#<room>#`, and JSON on `<key>-request#<namespace>#`.
 */

import { decode } from "notepack.io";

type OrderOptions = {
  readonly rooms: readonly string[];
  readonly except: readonly string[];
  readonly flags: { readonly volatile?: boolean; readonly compress?: boolean };
};

export type EmitterOrder = { readonly namespace: string; readonly opts: OrderOptions } & (
  | {
      readonly kind: "broadcast";
      /** An event: its name, then its arguments. Binary parts are views of what came from Redis. */
      readonly packet: {
        readonly type: 2;
        readonly nsp: string;
        readonly data: readonly [string, ...unknown[]];
      };
    }
  | { readonly kind: "join" | "leave"; readonly rooms: readonly string[] }
  | { readonly kind: "disconnect"; readonly close: boolean }
  /** For the servers' own listeners: the name of the event, then its arguments. */
  | { readonly kind: "emit"; readonly args: readonly [string, ...unknown[]] }
);

/** Servers of Socket.IO have random names there. What they tell each other on the same channels is not for us. */
const EMITTER = "emitter";
/** Of socket.io-protocol 5. A binary event is one whose binary parts the parser takes out, which happens at the socket. */
const EVENT = 2;
const BINARY_EVENT = 5;
const KINDS: Readonly<Record<number, "join" | "leave" | "disconnect" | "emit">> = {
  2: "join",
  3: "leave",
  4: "disconnect",
  6: "emit",
};
/** An app may not emit these. */
const RESERVED = new Set([
  "connect",
  "connect_error",
  "disconnect",
  "disconnecting",
  "newListener",
  "removeListener",
]);

/** @returns "foreign": not from an emitter, and of no interest; "malformed": it makes no sense */
export type Decoded = EmitterOrder | "foreign" | "malformed";

export function decodeBroadcast(key: string, channel: string, message: Buffer): Decoded {
  const value = attempt(() => decode(message) as unknown);
  if (!Array.isArray(value)) return "malformed";
  const [uid, packet, opts] = value as [unknown, unknown, unknown];
  if (uid !== EMITTER) return "foreign";
  const options = optionsOf(opts);
  if (!isObject(packet) || options === undefined || !isEvent(packet.data)) return "malformed";
  const { nsp, type } = packet;
  if (!isNamespace(nsp) || !channel.startsWith(`${key}#${nsp}#`)) return "malformed";
  if (type !== EVENT && type !== BINARY_EVENT) return "malformed";
  return {
    kind: "broadcast",
    namespace: nsp,
    opts: options,
    packet: { type: EVENT, nsp, data: packet.data },
  };
}

export function decodeRequest(key: string, channel: string, message: Buffer): Decoded {
  const request = attempt(() => JSON.parse(message.toString()) as unknown);
  const namespace = channel.slice(`${key}-request#`.length, -1);
  if (!isObject(request) || !isNamespace(namespace)) return "malformed";
  const kind = KINDS[request.type as number];
  // Servers of Socket.IO ask each other, too, and say who they are.
  if (kind === undefined || (request.uid !== undefined && request.uid !== EMITTER)) return "foreign";
  if (kind === "emit") return emitOf(namespace, request);
  const opts = optionsOf(request.opts);
  if (opts === undefined) return "malformed";
  if (kind === "disconnect") return { kind, namespace, opts, close: request.close === true };
  const { rooms } = request;
  return isRooms(rooms) && rooms.length > 0 ? { kind, namespace, opts, rooms } : "malformed";
}

function emitOf(namespace: string, { data }: Record<string, unknown>): Decoded {
  const opts: OrderOptions = { rooms: [], except: [], flags: {} };
  return isEvent(data) ? { kind: "emit", namespace, opts, args: data } : "malformed";
}

/** Emitters in other languages leave out what is empty. */
function optionsOf(value: unknown): OrderOptions | undefined {
  if (value === undefined || value === null) return { rooms: [], except: [], flags: {} };
  if (!isObject(value)) return undefined;
  const rooms = value.rooms ?? [];
  const except = value.except ?? [];
  const flags = value.flags ?? {};
  if (!isRooms(rooms) || !isRooms(except) || !isObject(flags)) return undefined;
  const { volatile, compress } = flags;
  return {
    rooms,
    except,
    flags: {
      ...(typeof volatile === "boolean" && { volatile }),
      ...(typeof compress === "boolean" && { compress }),
    },
  };
}

function isEvent(data: unknown): data is [string, ...unknown[]] {
  return Array.isArray(data) && typeof data[0] === "string" && !RESERVED.has(data[0]);
}

function isRooms(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((room) => typeof room === "string");
}

function isNamespace(value: unknown): value is string {
  return typeof value === "string" && value.startsWith("/");
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function attempt(read: () => unknown): unknown {
  try {
    return read();
  } catch {
    return undefined;
  }
}
