/** Worker (accepting): the life of a WebSocket whose owner is another worker and whose socket cannot move there. */

import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { encodeCredit, Forward } from "../../protocol/forward-frames.js";
import type { Carried } from "./carried.js";
import { PacedWriter } from "./paced-writer.js";
import type { StreamTable } from "./stream-table.js";
import { ReceiveWindow, SendWindow } from "./window.js";

/**
 * What a client sends before it has the owner's answer: the frame of "2probe". With the next bytes it upgrades; the owner ends a WebSocket that
 * does not within 10 s. Bytes: 6 of the masked frame's header, 6 of the packet.
 */
const PROBE = 12;

/** @param head how many bytes the client had sent behind its request */
export function relayTunnel(
  table: StreamTable,
  stream: number,
  socket: Duplex,
  head: number,
  carried: Pick<Carried, "tunnel">,
): void {
  const outgoing = new SendWindow((chunk) => table.link.send(Forward.DATA, stream, chunk));
  const incoming = new ReceiveWindow((bytes) => table.link.send(Forward.CREDIT, stream, encodeCredit(bytes)));
  const writer = new PacedWriter(socket, (bytes) => incoming.consumed(bytes));
  let aborted = false;
  let ended = false;
  let sent = head;
  const end = (): void => {
    if (ended) return;
    ended = true;
    outgoing.finish(() => table.link.send(Forward.END, stream));
  };
  const gone = carried.tunnel({ mayEnd: () => sent > PROBE, end });
  table.add(stream, {
    data: (chunk) => writer.write(chunk),
    end: () => socket.end(),
    credit: (bytes) => outgoing.grant(bytes),
    abort: () => {
      aborted = true;
      socket.destroy();
    },
  });
  (socket as Partial<Socket>).setTimeout?.(0);
  (socket as Partial<Socket>).setNoDelay?.(true);
  socket.on("data", (chunk: Buffer) => {
    if (ended) return;
    sent += chunk.length;
    if (!outgoing.write(chunk, () => socket.resume())) socket.pause();
  });
  socket.on("end", end);
  socket.on("error", () => {});
  socket.on("close", () => {
    gone();
    table.delete(stream);
    if (!aborted) table.link.send(Forward.ABORT, stream);
  });
}
