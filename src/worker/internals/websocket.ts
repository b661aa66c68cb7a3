/**
 * Worker: the private parts of ws, as engine.io uses it. Proven on ws 8.11 (socket.io 4.6), 8.17 (4.7) and 8.21 (4.8); what differs is named.
 * - `websocket._socket`, `_receiver`, `_sender`, `_extensions`, `_protocol`; `setSocket(socket, head, options)` makes the first three.
 * - `receiver._state` and its neighbours: how much of which frame was read. Only read, never written.
 * - `sender._queue`, `sender._state` (from 8.18 on; `_deflating` before): something is being compressed, and what waits behind it.
 * - `new WebSocket(null, undefined, options)`: the server's end. `server.options.WebSocket`: its class.
 * - A socket that closes without a close frame makes its WebSocket end by itself: `close`, extensions cleaned up.
 */

import type { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

/** Where the reading of frames stands. `step` as ws counts it: 0 header, 1 and 2 long lengths, 3 mask, 4 payload; above: busy. */
export type ReaderPosition = {
  readonly step: number;
  /** Of the frame that has begun. */
  readonly final: boolean;
  readonly opcode: number;
  readonly masked: boolean;
  readonly length: number;
  readonly mask: Buffer | undefined;
  /** Opcode of a message whose last fragment did not come yet; 0: none. */
  readonly fragmented: number;
  readonly compressed: boolean;
  /** Fragments that are complete, unmasked. */
  readonly fragments: readonly Buffer[];
  /** Bytes that came and were not read as part of a frame yet. */
  readonly unread: readonly Buffer[];
};

type Receiver = {
  readonly writableLength: number;
  readonly _state: number;
  readonly _fin: boolean;
  readonly _opcode: number;
  readonly _masked: boolean;
  readonly _payloadLength: number;
  readonly _mask: Buffer | undefined;
  readonly _fragmented: number;
  readonly _compressed: boolean;
  readonly _fragments: readonly Buffer[];
  readonly _buffers: readonly Buffer[];
};

type Sender = {
  readonly _state?: number;
  readonly _deflating?: boolean;
  readonly _queue: readonly unknown[];
};

export type Extensions = Record<string, object>;

export type ServerWebSocket = EventEmitter & {
  readonly readyState: number;
  readonly _socket: Duplex | null;
  readonly _receiver: Receiver | null;
  readonly _sender: Sender | null;
  _extensions: Extensions;
  _protocol: string;
  setSocket(socket: Socket, head: Buffer, options: object): void;
};

type WebSocketClass = new (address: null, protocols: undefined, options: object) => ServerWebSocket;

export type WebSocketServer = {
  readonly options: {
    readonly WebSocket?: WebSocketClass;
    readonly maxPayload: number;
    readonly perMessageDeflate?: object | boolean;
    readonly allowSynchronousEvents?: boolean;
    readonly maxBufferedChunks?: number;
    readonly maxFragments?: number;
    readonly skipUTF8Validation?: boolean;
  };
};

const OPEN = 1;

export const isOpen = (websocket: ServerWebSocket): boolean => websocket.readyState === OPEN;

/** undefined while a message is being decompressed or handed on. */
export function readerPosition({ _receiver: receiver }: ServerWebSocket): ReaderPosition | undefined {
  if (receiver === null || receiver.writableLength > 0) return undefined;
  return {
    step: receiver._state,
    final: receiver._fin,
    opcode: receiver._opcode,
    masked: receiver._masked,
    length: receiver._payloadLength,
    mask: receiver._mask,
    fragmented: receiver._fragmented,
    compressed: receiver._compressed,
    fragments: receiver._fragments,
    unread: receiver._buffers,
  };
}

/** Whether something that was given to it is still being compressed. */
export function isSending({ _sender: sender }: ServerWebSocket): boolean {
  if (sender === null) return true;
  return sender._queue.length > 0 || (sender._state ?? 0) !== 0 || sender._deflating === true;
}

/** What engine.io takes for a WebSocket in place of ws, such as eiows, has no such class. */
export function webSocketClassOf(server: WebSocketServer | undefined): WebSocketClass | undefined {
  const found = server?.options?.WebSocket;
  return typeof found?.prototype?.setSocket === "function" ? found : undefined;
}

export type WebSocketOptions = { readonly extensions: Extensions; readonly protocol: string };

/** @returns the server's end of a WebSocket that has no socket yet */
export function createWebSocket(
  server: WebSocketServer,
  { extensions, protocol }: WebSocketOptions,
): ServerWebSocket {
  const Class = webSocketClassOf(server);
  if (Class === undefined) throw new Error("the app's `wsEngine` is not ws");
  const websocket = new Class(null, undefined, server.options);
  websocket._extensions = extensions;
  websocket._protocol = protocol;
  return websocket;
}

/** @param socket is not read before somebody resumes it */
export function openOn(websocket: ServerWebSocket, server: WebSocketServer, socket: Socket): void {
  const { allowSynchronousEvents, maxBufferedChunks, maxFragments, maxPayload, skipUTF8Validation } =
    server.options;
  // Whoever listens for data resumes, unless the socket was paused before.
  socket.pause();
  websocket.setSocket(socket, Buffer.alloc(0), {
    allowSynchronousEvents,
    maxBufferedChunks,
    maxFragments,
    maxPayload,
    skipUTF8Validation,
  });
}

/** Nobody hears any more what becomes of it. */
export function silence(websocket: ServerWebSocket): void {
  websocket.removeAllListeners();
  websocket.on("error", () => {});
}
