/**
 * Protocol: our messages on the channel that `child_process.fork` makes. Their `cmd` begins with `NODE_`: Node then emits them
 * as `internalMessage`, so that an app that uses `process.on("message")` never sees them, and they do not keep the app alive.
 * (nodejs.org, child_process, "subprocess.send": messages with a NODE_ prefix.)
 */

import type { SendHandle, Serializable } from "node:child_process";
import type { EventEmitter } from "node:events";

const COMMAND = "NODE_HOLDFAST";

/** The part of `process` and of `ChildProcess` that we need. */
export type ChannelEnd = EventEmitter & {
  connected?: boolean | undefined;
  send?(
    message: Serializable,
    handle?: SendHandle,
    options?: object,
    callback?: (error: Error | null) => void,
  ): boolean;
};

/** @returns a function that stops listening */
export function onChannelMessage<Message>(
  channel: ChannelEnd,
  handler: (message: Message, handle: unknown) => void,
): () => void {
  const listener = (envelope: { cmd?: string; message?: Message }, handle: unknown): void => {
    if (envelope?.cmd === COMMAND && envelope.message !== undefined) handler(envelope.message, handle);
  };
  channel.on("internalMessage", listener);
  return () => channel.off("internalMessage", listener);
}

/**
 * Sends a message and, with it, a raw handle. Messages keep their order.
 * @param sent called once the message left or failed; a channel that is closed is a failure, never an exception
 */
export function sendOnChannel<Message>(
  channel: ChannelEnd,
  message: Message,
  handle?: unknown,
  sent: (error: Error | null) => void = () => {},
): void {
  if (channel.send === undefined || channel.connected === false) {
    process.nextTick(sent, new Error("the process channel is closed"));
    return;
  }
  try {
    channel.send({ cmd: COMMAND, message } as Serializable, handle as SendHandle | undefined, {}, sent);
  } catch (error) {
    process.nextTick(sent, error as Error);
  }
}
