/** Protocol: reads the one frame with which a connection begins, before anything else may read it. */

import type { Duplex } from "node:stream";
import { MAX_HELLO, readFirstFrame } from "./hello.js";

/** Whoever says nothing for so long is no peer. Milliseconds. */
export const HELLO_TIMEOUT = 5000;

/** `rest`: what was read behind it. */
export type FirstFrame = { readonly payload: Buffer; readonly rest: Buffer };

/**
 * Leaves the socket paused and without listeners, whatever came of it; it does not close it.
 * @param type of the frame; see `hello.ts`
 */
export function readFirst(
  socket: Duplex,
  type: number,
  done: (error: Error | undefined, first?: FirstFrame) => void,
): void {
  let bytes = Buffer.alloc(0);
  const finish = (error: Error | undefined, first?: FirstFrame): void => {
    clearTimeout(timer);
    socket.off("data", onData).off("close", onClose).off("error", onClose);
    socket.pause();
    done(error, first);
  };
  const onClose = (): void => finish(new Error("The peer closed the link before it said who it is."));
  const onData = (chunk: Buffer): void => {
    bytes = Buffer.concat([bytes, chunk]);
    try {
      const first = readFirstFrame(bytes, type);
      if (first !== undefined) finish(undefined, first);
      else if (bytes.length > MAX_HELLO) finish(new Error("The peer's hello is too long."));
    } catch (error) {
      finish(error as Error);
    }
  };
  const timer = setTimeout(() => finish(new Error("The peer did not say hello in time.")), HELLO_TIMEOUT);
  timer.unref();
  socket.on("data", onData).on("close", onClose).on("error", onClose);
}
