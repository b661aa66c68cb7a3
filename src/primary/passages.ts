/**
 * Primary: carries connections from one worker to another, since only a parent shares a channel with both. It holds each
 * descriptor no longer than it takes to send it on, reads nothing from it, and always gives the sender an answer.
 */

import type { Passage, ToWorker } from "../protocol/messages.js";

/** Descriptors on their way to one worker. A channel passes one in a turn: behind more, a tunnel is faster. */
export const MAX_PENDING = 64;

export type PassedHandle = { close(callback?: () => void): void };

/** A worker as a passage sees it. */
export type PassageEnd = {
  readonly id: number;
  readonly slot: number;
  send(message: ToWorker, handle?: unknown, sent?: (error: Error | null) => void): void;
};

export type PassRequest = { readonly token: number; readonly to: number; readonly passage: Passage };

type Pending = {
  readonly sender: PassageEnd;
  readonly senderToken: number;
  readonly receiver: number;
  /** The descriptor left for the receiver: nobody knows what it has read by now. */
  sent: boolean;
};

export class Passages {
  readonly #pending = new Map<number, Pending>();
  /** The copies of descriptors that are open here, by token. */
  readonly #open = new Map<number, { readonly receiver: number; readonly handle: PassedHandle }>();
  #tokens = 0;

  /** Descriptors that are open here now. */
  get open(): number {
    return this.#open.size;
  }

  /** @param receiver the worker that takes connections for the slot `to`, if there is one */
  pass(sender: PassageEnd, receiver: PassageEnd | undefined, request: PassRequest, handle: unknown): void {
    const descriptor = handle as PassedHandle | undefined;
    if (descriptor === undefined || receiver === undefined || this.#isFull(receiver.id)) {
      descriptor?.close();
      sender.send({ type: "pass-answer", token: request.token, accepted: false });
      return;
    }
    const token = ++this.#tokens;
    const pending: Pending = {
      sender,
      senderToken: request.token,
      receiver: receiver.id,
      sent: false,
    };
    this.#pending.set(token, pending);
    this.#open.set(token, { receiver: receiver.id, handle: descriptor });
    const message: ToWorker = { type: "passed", token, from: sender.slot, passage: request.passage };
    receiver.send(message, descriptor, (error) => {
      this.#close(token);
      pending.sent = error === null;
      if (error !== null) this.#settle(token, false);
    });
  }

  /** The receiver said whether it keeps the connection. */
  answer(receiver: PassageEnd, token: number, accepted: boolean): void {
    if (this.#pending.get(token)?.receiver === receiver.id) this.#settle(token, accepted);
  }

  /** A worker is gone: what was on its way to it is answered, what came from it needs no answer. */
  workerGone(id: number): void {
    for (const [token, pending] of this.#pending) {
      if (pending.sender.id === id) this.#pending.delete(token);
      // A request that the dead worker may have read must not be read again: "accepted" makes the sender close its copy.
      else if (pending.receiver === id) this.#settle(token, pending.sent);
    }
    // A channel that ends forgets its queue, and with it the callbacks.
    for (const [token, { receiver }] of this.#open) if (receiver === id) this.#close(token);
  }

  #close(token: number): void {
    this.#open.get(token)?.handle.close();
    this.#open.delete(token);
  }

  #isFull(receiver: number): boolean {
    let count = 0;
    for (const pending of this.#pending.values()) if (pending.receiver === receiver) count++;
    return count >= MAX_PENDING;
  }

  #settle(token: number, accepted: boolean): void {
    const pending = this.#pending.get(token);
    if (pending === undefined) return;
    this.#pending.delete(token);
    pending.sender.send({ type: "pass-answer", token: pending.senderToken, accepted });
  }
}
