/** Worker: this process's end of the channel to its primary. */

import type { ListenReply, ListenTarget, ToPrimary, ToWorker } from "../protocol/messages.js";
import { type ChannelEnd, onChannelMessage, sendOnChannel } from "../protocol/process-channel.js";

/** See the message `listen`. */
export type ListenerKind = { readonly own: boolean; readonly first: boolean };
export type ListenResult = { readonly reply: ListenReply; readonly handle: unknown };

export class PrimaryChannel {
  readonly #waiting = new Map<number, (result: ListenResult) => void>();
  #requests = 0;

  /** @param onMessage everything but the answers to {@link listen} */
  constructor(onMessage: (message: Exclude<ToWorker, ListenReply>, handle: unknown) => void) {
    onChannelMessage<ToWorker>(process as ChannelEnd, (message, handle) => {
      if (message.type === "listen-reply") this.#onListenReply(message, handle);
      else onMessage(message, handle);
    });
    // The app alone decides how long its process lives.
    process.channel?.unref();
  }

  get connected(): boolean {
    return process.connected === true;
  }

  /** @param sent called when the message left this process or could not */
  send(message: ToPrimary, handle?: unknown, sent?: (error: Error | null) => void): void {
    sendOnChannel(process as ChannelEnd, message, handle, sent);
  }

  /** Asks for a listening descriptor; keeps the process alive until the answer is here. */
  listen(key: string, target: ListenTarget, { own, first }: ListenerKind): Promise<ListenResult> {
    const request = ++this.#requests;
    return new Promise((resolve) => {
      this.#waiting.set(request, resolve);
      process.channel?.ref();
      this.send({ type: "listen", request, key, target, own, first });
    });
  }

  #onListenReply(reply: ListenReply, handle: unknown): void {
    const resolve = this.#waiting.get(reply.request);
    this.#waiting.delete(reply.request);
    if (this.#waiting.size === 0) process.channel?.unref();
    resolve?.({ reply, handle });
  }
}
