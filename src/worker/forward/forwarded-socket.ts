/**
 * Worker (owner): stands for the client's socket where the connection itself is another worker's. What is written to it goes to
 * that worker; what the client sends behind an upgrade is read from it. Its addresses are the client's.
 */

import { Duplex } from "node:stream";
import { encodeCredit, Forward } from "../../protocol/forward-frames.js";
import type { RequestHead } from "../../protocol/messages.js";
import type { StreamTable } from "./stream-table.js";
import { ReceiveWindow, SendWindow } from "./window.js";

/** Event: who carries this is about to end. */
export const HURRY = "holdfast:hurry";

export class ForwardedSocket extends Duplex {
  /** Undefined for a client on a Unix socket, as it is there. */
  readonly remoteAddress: string | undefined;
  readonly remotePort: number;
  readonly remoteFamily: string;
  readonly localAddress: string;
  readonly localPort: number;
  readonly encrypted: boolean;
  readonly connecting = false;
  readonly #table: StreamTable;
  readonly #stream: number;
  readonly #outgoing: SendWindow;
  readonly #incoming: ReceiveWindow;
  /** The other side expects nothing more of this stream. */
  #done = false;
  #unread = 0;
  #idleTimer: NodeJS.Timeout | undefined;
  #idleAfter = 0;

  constructor(table: StreamTable, stream: number, head: RequestHead) {
    super({ allowHalfOpen: true });
    this.remoteAddress = head.remoteAddress || undefined;
    this.remotePort = head.remotePort;
    this.remoteFamily = head.remoteFamily;
    this.localAddress = head.localAddress;
    this.localPort = head.localPort;
    this.encrypted = head.encrypted;
    this.#table = table;
    this.#stream = stream;
    this.#outgoing = new SendWindow((chunk) => table.link.send(Forward.DATA, stream, chunk));
    this.#incoming = new ReceiveWindow((bytes) =>
      table.link.send(Forward.CREDIT, stream, encodeCredit(bytes)),
    );
    // Whoever destroys a socket with an error expects somebody to listen; on a client's socket Node's http does.
    this.on("error", () => {});
  }

  /** A response is complete: the other worker may forget the stream, in the same write that brings it the last bytes. */
  complete(): void {
    if (this.#done) return;
    this.#done = true;
    this.#table.link.send(Forward.END, this.#stream);
  }

  /** Bytes of the client, behind its upgrade. */
  receive(payload: Buffer): void {
    this.#refreshTimer();
    this.#unread += payload.length;
    this.push(payload);
  }

  /** The other worker has room for more. Bytes. */
  grant(bytes: number): void {
    this.#outgoing.grant(bytes);
  }

  /** The client's connection is gone. */
  abort(): void {
    this.#done = true;
    this.destroy();
  }

  override _read(): void {
    if (this.#unread === 0) return;
    this.#incoming.consumed(this.#unread);
    this.#unread = 0;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#refreshTimer();
    this.#outgoing.write(chunk, callback);
  }

  override _writev(chunks: { chunk: Buffer }[], callback: (error?: Error | null) => void): void {
    this.#refreshTimer();
    this.#outgoing.write(Buffer.concat(chunks.map(({ chunk }) => chunk)), callback);
  }

  override _final(callback: (error?: Error | null) => void): void {
    if (!this.#done) this.#table.link.send(Forward.END, this.#stream);
    callback();
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    clearTimeout(this.#idleTimer);
    this.#table.delete(this.#stream);
    if (!this.#done) this.#table.link.send(Forward.ABORT, this.#stream);
    this.#done = true;
    callback(error);
  }

  /** As on a `net.Socket`: milliseconds without traffic until `timeout`; 0 never. */
  setTimeout(after: number, callback?: () => void): this {
    this.#idleAfter = after;
    clearTimeout(this.#idleTimer);
    this.#idleTimer = after > 0 ? setTimeout(() => this.emit("timeout"), after).unref() : undefined;
    if (callback !== undefined) this.once("timeout", callback);
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once("finish", () => this.destroy());
  }

  address(): { address: string; family: string; port: number } {
    return { address: this.localAddress, family: this.remoteFamily, port: this.localPort };
  }

  #refreshTimer(): void {
    if (this.#idleAfter > 0) this.#idleTimer?.refresh();
  }
}
