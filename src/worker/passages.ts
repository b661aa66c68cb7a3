/**
 * Worker: connections that move to another worker, descriptor and all, through the primary. The sender stops reading first and
 * keeps its own copy until the receiver accepted; refused or lost, it serves on as if nothing had been.
 */

import type { IncomingMessage } from "node:http";
import type { Server, Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Passage, RequestHead } from "../protocol/messages.js";
import { showOnConnection } from "./internals/client-socket.js";
import { type RawHandle, rawHandleOf, socketFromHandle, stopReading } from "./internals/handles.js";
import { buildRequest } from "./internals/http.js";
import { passConnection, takeConnection } from "./pass-connection.js";
import type { PrimaryChannel } from "./primary-channel.js";

/** Descriptors under way from this worker. A channel passes one in a turn: behind a longer queue a tunnel is faster. */
const MAX_PENDING = 64;

type Offer = { readonly accepted: () => void; readonly refused: () => void };

export type PassageHandler = {
  upgrade(from: number, head: RequestHead, request: IncomingMessage, socket: Socket, behind: Buffer): void;
  /** The app's server that listens there, if this worker has one; see `ListenAdoption.listenerOf`. */
  serverOf(listener: string): Server | undefined;
};

export class Passages {
  readonly #channel: PrimaryChannel;
  readonly #handler: PassageHandler;
  readonly #offers = new Map<number, Offer>();
  #tokens = 0;

  constructor(channel: PrimaryChannel, handler: PassageHandler) {
    this.#channel = channel;
    this.#handler = handler;
  }

  /** The descriptor, if this socket can move now. */
  movable(socket: Duplex): RawHandle | undefined {
    if (!this.#channel.connected || this.#offers.size >= MAX_PENDING) return undefined;
    return rawHandleOf(socket);
  }

  /**
   * Offers an upgrade to a slot.
   * @param outcome `refused` gets everything that was read behind the request; the socket is then this worker's again
   */
  offerUpgrade(
    to: number,
    request: RequestHead,
    socket: Duplex,
    handle: RawHandle,
    head: Buffer,
    outcome: { accepted: () => void; refused: (behind: Buffer) => void },
  ): void {
    const behind = Buffer.concat([head, stopReading(socket, handle)]);
    const accepted = (): void => {
      // Closing our copy sends nothing to the client: the receiver holds the connection.
      socket.destroy();
      outcome.accepted();
    };
    this.#offer(to, { kind: "upgrade", request, head: behind }, handle, {
      accepted,
      refused: () => outcome.refused(behind),
    });
  }

  /** Offers an idle keep-alive connection to a slot. The caller made sure that no byte of a further request was read. */
  offerConnection(to: number, listener: string, socket: Socket, handle: RawHandle): void {
    passConnection(socket, handle, listener, (passage, _handle, outcome) => {
      this.#offer(to, passage, handle, { accepted: () => outcome(true), refused: () => outcome(false) });
      return true;
    });
  }

  #offer(to: number, passage: Passage, handle: RawHandle, offer: Offer): void {
    const token = ++this.#tokens;
    this.#offers.set(token, offer);
    this.#channel.send({ type: "pass", token, to, passage }, handle, (error) => {
      if (error !== null) this.answer(token, false);
    });
  }

  /** The receiver's answer, or the primary's in its place. */
  answer(token: number, accepted: boolean): void {
    const offer = this.#offers.get(token);
    if (offer === undefined) return;
    this.#offers.delete(token);
    if (accepted) offer.accepted();
    else offer.refused();
  }

  /** The primary is gone, and with it every answer: what it held of the descriptors is closed, ours are not. */
  refuseAll(): void {
    for (const token of [...this.#offers.keys()]) this.answer(token, false);
  }

  /** A connection that another worker passed to this one. */
  receive(token: number, from: number, passage: Passage, handle: RawHandle | undefined): void {
    const accepted = handle !== undefined && this.take(from, passage, handle);
    if (!accepted) handle?.close();
    this.#channel.send({ type: "pass-answer", token, from, accepted });
  }

  /** A connection that came from the worker of slot `from`. @returns false where nobody here wants it; the handle is the caller's then */
  take(from: number, passage: Passage, handle: RawHandle): boolean {
    if (passage.kind === "connection") {
      const server = this.#handler.serverOf(passage.listener);
      if (server === undefined) return false;
      takeConnection(server, handle, passage.source);
      return true;
    }
    const socket = socketFromHandle(handle);
    const { remoteAddress, remotePort } = passage.request;
    if (remoteAddress !== "" && remoteAddress !== socket.remoteAddress)
      showOnConnection(socket, { address: remoteAddress, port: remotePort });
    const request = buildRequest(passage.request, socket);
    this.#handler.upgrade(from, passage.request, request, socket, passage.head);
    return true;
  }
}
