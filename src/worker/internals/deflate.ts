/**
 * Worker: permessage-deflate of a WebSocket (RFC 7692) that moves to another process. Proven on ws 8.11 to 8.21, Node 20, 22, 24 and 26.
 * What the server compresses needs nothing: a new compressor refers to nothing that came before. What the client compresses refers to
 * as much of what it sent as its window holds. The inflater is asked for that when the session leaves; until then it is only counted.
 * - ws: `ws._extensions["permessage-deflate"]`, and of it `params`, `_inflate` (null before its first use and after its stream's end),
 *   `_options`, `decompress(data, fin, callback)`; its constructor, of which 8.11 takes three arguments and 8.21 one.
 * - Node: `inflate._handle.writeSync(flush, in, offset, length, out, offset, length)`, `inflate._writeState`: what is left of out and in.
 */

import { constants } from "node:zlib";
import { type CopyBlock, copyBlock } from "./copy-block.js";
import { siblingClass } from "./loaded-classes.js";
import type { Extensions, WebSocketServer } from "./websocket.js";

/** What was negotiated for a connection and what its client may refer to. Structured-cloneable. */
export type DeflateState = {
  readonly params: DeflateParams;
  /** The end of what the client sent compressed; undefined where nothing is to be known. */
  readonly window?: Uint8Array;
};

type DeflateParams = Readonly<Record<string, boolean | number>>;
type Inflate = {
  readonly _handle?: { writeSync?(flush: number, ...ranges: (Uint8Array | number)[]): void } | null;
  readonly _writeState?: Uint32Array;
};
type Callback = (error: Error | null, plain?: Uint8Array) => void;
type DeflateExtension = {
  params: DeflateParams;
  readonly _inflate: Inflate | null;
  readonly _options: { zlibInflateOptions?: object };
  decompress(data: Uint8Array, fin: boolean, callback: Callback): void;
};
type DeflateClass = new (options: object, isServer: true, maxPayload: number) => DeflateExtension;
type UpgradingServer = {
  readonly options?: { readonly perMessageDeflate?: unknown };
  handleUpgrade?(
    request: object,
    socket: object,
    head: Buffer,
    done: (websocket: { readonly _extensions?: Extensions }, ...rest: unknown[]) => void,
  ): void;
};

/** Of a connection whose client may refer to what it sent before. */
type History = {
  /** Which of the client's bytes it can refer to, from the last one back. */
  length: number;
  /** The inflater is at work, or in the middle of a message. */
  busy: boolean;
  /** What a connection that was built here knew before it, until its inflater is made. */
  before: Uint8Array | undefined;
};

const NAME = "permessage-deflate";
const LARGEST_WINDOW = 15;
const histories = new WeakMap<DeflateExtension, History>();
const blocks = new Map<number, CopyBlock>();
const followed = new WeakSet<UpgradingServer>();

/** Follows each connection that this engine upgrades from now on. Where the app does not compress, does nothing. May be called again. */
export function followDeflate(engine: object): void {
  const { ws: server } = engine as { ws?: UpgradingServer };
  const upgrade = server?.handleUpgrade;
  if (!server?.options?.perMessageDeflate || typeof upgrade !== "function" || followed.has(server)) return;
  followed.add(server);
  server.handleUpgrade = function (request, socket, head, done) {
    // In the turn in which the connection is made nothing of it has been read yet.
    upgrade.call(this, request, socket, head, (websocket, ...rest) => {
      const extension = deflateOf(websocket._extensions);
      if (extension !== undefined && takesOver(extension.params)) follow(extension, undefined);
      done(websocket, ...rest);
    });
  };
}

/**
 * Whether a WebSocket's compression could move now: `undefined`; `wait`: a message is being inflated; `version`: what it has
 * inflated is not known. What is being compressed, its sender knows.
 */
export function deflateObstacle(extensions: Extensions): undefined | "wait" | "version" {
  const extension = deflateOf(extensions);
  if (extension === undefined || !takesOver(extension.params)) return undefined;
  const history = histories.get(extension);
  if (history === undefined) return extension._inflate === null ? undefined : "version";
  if (history.busy) return "wait";
  return extension._inflate === null || canTell(extension._inflate) ? undefined : "version";
}

/** @returns undefined where it does not compress; else what {@link importDeflate} needs. Only while {@link deflateObstacle} names none. */
export function exportDeflate(extensions: Extensions): DeflateState | undefined {
  const extension = deflateOf(extensions);
  if (extension === undefined) return undefined;
  const params = { ...extension.params };
  const window = windowOf(extension);
  return window === undefined ? { params } : { params, window };
}

/**
 * The extensions of a WebSocket that is built here, as they were elsewhere; they must be its own before it gets its socket.
 * @param server of the engine that the session belongs to: how it compresses holds from now on
 * @throws Error where this copy of ws was not seen to be loaded
 */
export function importDeflate(server: WebSocketServer, state: DeflateState | undefined): Extensions {
  if (state === undefined) return {};
  const { perMessageDeflate, maxPayload, WebSocket } = server.options;
  const Class =
    WebSocket && (siblingClass(WebSocket.prototype, "PerMessageDeflate") as DeflateClass | undefined);
  if (Class === undefined) throw new Error("the class of permessage-deflate is not known");
  const { window } = state;
  const given =
    typeof perMessageDeflate === "object" ? (perMessageDeflate as { zlibInflateOptions?: object }) : {};
  const inflate = window && { zlibInflateOptions: { ...given.zlibInflateOptions, dictionary: window } };
  const options = { ...given, ...inflate, isServer: true, maxPayload };
  const extension = new Class(options, true, maxPayload);
  extension.params = { ...state.params };
  if (takesOver(extension.params)) follow(extension, window);
  return { [NAME]: extension };
}

function deflateOf(extensions: Extensions | undefined): DeflateExtension | undefined {
  return extensions?.[NAME] as DeflateExtension | undefined;
}

/** Whether a message of the client may refer to those before it. */
function takesOver(params: DeflateParams): boolean {
  return params.client_no_context_takeover !== true;
}

function follow(extension: DeflateExtension, before: Uint8Array | undefined): void {
  const history: History = { length: before?.length ?? 0, busy: false, before };
  const bits = extension.params.client_max_window_bits;
  const largest = 2 ** (typeof bits === "number" ? bits : LARGEST_WINDOW);
  const { decompress } = extension;
  extension.decompress = (data, fin, callback) => {
    history.busy = true;
    decompress.call(extension, data, fin, (error, plain) => {
      history.busy = !fin;
      if (history.before !== undefined) forget(extension, history);
      // A client may end its stream with a message; ws then begins a new one, which knows nothing.
      const known = extension._inflate === null ? 0 : history.length + (plain?.length ?? 0);
      history.length = Math.min(known, largest);
      callback(error, plain);
    });
  };
  histories.set(extension, history);
}

/** The inflater has its own copy by now, and a later one must not begin with it. */
function forget(extension: DeflateExtension, history: History): void {
  history.before = undefined;
  const { dictionary: _, ...others } = extension._options.zlibInflateOptions as { dictionary?: unknown };
  extension._options.zlibInflateOptions = others;
}

function windowOf(extension: DeflateExtension): Uint8Array | undefined {
  const history = histories.get(extension);
  if (history === undefined || history.length === 0) return undefined;
  return history.before ?? tellWindow(extension._inflate as Inflate, history.length);
}

function canTell(inflate: Inflate): boolean {
  return typeof inflate._handle?.writeSync === "function" && inflate._writeState instanceof Uint32Array;
}

/** Most windows are full, and writing the block takes longer than inflating it. */
function blockOf(length: number): CopyBlock {
  const block = blocks.get(length) ?? copyBlock(length);
  if (Number.isInteger(Math.log2(length))) blocks.set(length, block);
  return block;
}

/** @throws Error when the inflater does not do as zlib does; it is of no use any more then */
function tellWindow({ _handle: handle, _writeState: state }: Inflate, length: number): Uint8Array {
  const { bytes, yields } = blockOf(length);
  // One byte more than needed: zlib stops where its output ends, whether or not it has read everything.
  const out = new Uint8Array(yields + 1);
  handle?.writeSync?.(constants.Z_SYNC_FLUSH, bytes, 0, bytes.length, out, 0, out.length);
  const [left, unread] = state as Uint32Array;
  if (left !== 1 || unread !== 0) throw new Error("the inflater does not tell its window");
  return out.slice(0, length);
}
