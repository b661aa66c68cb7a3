/**
 * Adapter: the messages that adapters of one namespace send each other. Pure. docs/protocol.md has the layout:
 * u8 kind · u32 request · u16 length · address · u32 length · options (JSON) · body.
 */

export const MessageKind = {
  /** For the sockets of one namespace; some want answers. */
  BROADCAST: 1,
  JOIN: 2,
  LEAVE: 3,
  DISCONNECT: 4,
  FETCH: 5,
  EMIT: 6,
  /** From the bridge to one worker: what it shall do for the sockets of this host, as if its app did. */
  ORDER: 7,
  /** From now on the sender's loop turns and it has a namespace: it answers. Carries no address, as the next. */
  HERE: 8,
  /** The sender has no namespace any more. */
  GONE: 9,
  /** Rooms that the sender's first member entered, or its last one left. */
  ROOMS: 16,
  /** All rooms in which the sender has members. Carries no address, as the next. */
  ROSTER: 17,
  /** The sender has carried out the message of this number, and all that came before it. */
  SETTLED: 18,
  /** From a bridge: whether it must get everything, as it does not know all rooms of the other hosts. Carries no address. */
  WIDE: 19,
  /** Between bridges: tell me everything. Carries no address. */
  TELL: 20,
  /** Sessions move from the sender to the workers it names: who reads this sends to them, too. These carry no address, either. */
  MIRROR: 24,
  /** No more of them; what was asked before is over. */
  UNMIRROR: 25,
  /** To both: from here on the sender does so, and numbers what it sends. */
  MIRRORED: 26,
  /** To the new worker: from here on no more. */
  UNMIRRORED: 27,
  /** To the new worker: a message from one who does not mirror yet, for the sessions that have left. */
  RELAY: 28,
  /** To the new worker: one whose messages were passed on mirrors from this number on. */
  SWITCHED: 29,
  /** Up to where nothing is needed any more for sessions that arrive; a question without a position. */
  FLOOR: 30,
  /** Answers. They carry no address: the number of the request is enough. */
  ABSENT: 32,
  COUNT: 33,
  ACK: 34,
  SOCKETS: 35,
  EMITTED: 36,
} as const;

export type MessageKind = (typeof MessageKind)[keyof typeof MessageKind];

/** Milliseconds that an answer may take where the asker does not say; Socket.IO's own default. */
export const DEFAULT_TIMEOUT = 5000;

export type Message = {
  readonly kind: number;
  /** Number of the request that this is or answers; 0 where no answer is awaited. */
  readonly request: number;
  /** The namespace, see {@link AddressBook}; empty in an answer. */
  readonly address: string;
  /** Parsed JSON of unknown shape. */
  readonly options: unknown;
  /** A view. */
  readonly body: Buffer;
};

export type MessageDraft = {
  readonly kind: MessageKind;
  readonly request?: number;
  readonly address?: string;
  readonly options?: object;
  readonly body?: readonly Buffer[];
};

/** Thrown for bytes from the bus that are no message of ours. */
export class WireError extends Error {}

const FIXED = 11;

export function encodeMessage({ kind, request = 0, address = "", options, body = [] }: MessageDraft): Buffer {
  const json = options === undefined ? "" : JSON.stringify(options);
  const addressLength = Buffer.byteLength(address);
  const jsonLength = Buffer.byteLength(json);
  const head = Buffer.allocUnsafe(FIXED + addressLength + jsonLength);
  head[0] = kind;
  head.writeUInt32BE(request, 1);
  head.writeUInt16BE(addressLength, 5);
  head.write(address, 7);
  head.writeUInt32BE(jsonLength, 7 + addressLength);
  head.write(json, FIXED + addressLength);
  return body.length === 0 ? head : Buffer.concat([head, ...body]);
}

/** @throws {WireError} */
export function decodeMessage(bytes: Buffer): Message {
  if (bytes.length < FIXED) throw new WireError("a message without a head");
  const addressEnd = 7 + bytes.readUInt16BE(5);
  if (addressEnd + 4 > bytes.length) throw new WireError("a message that ends in its address");
  const jsonEnd = addressEnd + 4 + bytes.readUInt32BE(addressEnd);
  if (jsonEnd > bytes.length) throw new WireError("a message that ends in its options");
  return {
    kind: bytes[0] as number,
    request: bytes.readUInt32BE(1),
    address: bytes.toString("utf8", 7, addressEnd),
    options: parseOptions(bytes.toString("utf8", addressEnd + 4, jsonEnd)),
    body: bytes.subarray(jsonEnd),
  };
}

/** What was parsed before, frozen: the same rooms are meant again and again. */
const parsed = new Map<string, unknown>();
const MOST_PARSED = 512;
/** Longer ones are few. Characters. */
const WORTH_KEEPING = 256;

function parseOptions(json: string): unknown {
  if (json === "") return undefined;
  const known = parsed.get(json);
  if (known !== undefined) return known;
  const options = parseJson(json);
  if (json.length <= WORTH_KEEPING) {
    if (parsed.size >= MOST_PARSED) parsed.clear();
    parsed.set(json, freeze(options));
  }
  return options;
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new WireError("a message whose options are not JSON", { cause });
  }
}

function freeze(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  Object.values(value).forEach(freeze);
  return Object.freeze(value);
}

/** As they stand on the sender's board, in its byte order. @throws {WireError} */
export function countsFromWire(body: Buffer): Uint32Array {
  if (body.length % 4 !== 0) throw new WireError("counts of a wrong size");
  return new Uint32Array(new Uint8Array(body).buffer);
}
