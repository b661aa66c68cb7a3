/** Worker (new): a session that was built here, until it is one like all others. */

import { discardSession, enqueue } from "../../internals/engine-session.js";
import { announceSession } from "../../internals/socket-io-hooks.js";
import { announce, type ClientSocket, catchStrayAcks } from "../../internals/socket-io-session.js";
import type { Arrived, LateMessage, LateSink } from "../session-codec.js";
import type { Built } from "./build.js";
import { resumeHeartbeat } from "./heartbeat.js";
import { runMiddlewares } from "./request.js";

export class Arrival implements Arrived {
  readonly sid: string;
  readonly sockets: Arrived["sockets"];
  readonly ready: Promise<void> | undefined;
  readonly #built: Built;

  /** @param late takes answers of the client for code of the old worker */
  constructor(built: Built, late: LateSink) {
    const { conn, sockets, engine, state } = built;
    this.#built = built;
    this.sid = conn.id;
    this.sockets = sockets.map((socket) => ({ namespace: socket.nsp, socket }));
    sockets.forEach((socket, index) => {
      sendAcksBack(socket, state.sockets[index]?.acks ?? [], late);
    });
    this.ready = conn.request ? runMiddlewares(engine, conn.request) : undefined;
    if (state.requestDropped) conn.request = null;
  }

  discard(): void {
    const { conn, connection } = this.#built;
    discardSession(conn);
    connection?.destroy();
  }

  announce(): void {
    announceSession(this.#built.engine, this.#built.conn);
    for (const socket of this.#built.sockets) if (socket.connected) announce(socket);
  }

  resume(): void {
    const { conn, connection, engine, state } = this.#built;
    resumeHeartbeat(conn, engine, state.beat);
    if (connection === undefined) return;
    const unread = state.webSocket?.unread;
    // A copy: ws unmasks in place, and the record may be needed again.
    if (unread !== undefined && unread.length > 0) connection.unshift(Buffer.from(unread));
    connection.resume();
    conn.transport.writable = true;
    conn.flush();
  }

  late(message: LateMessage): void {
    const { conn, sockets } = this.#built;
    if (message.what === "packets") {
      enqueue(conn, message.packets as Parameters<typeof enqueue>[1]);
      return;
    }
    const socket = sockets.find(({ nsp }) => nsp.name === message.namespace);
    if (socket === undefined) return;
    if (message.what === "join") socket.join([...message.rooms]);
    else if (message.what === "leave") for (const room of message.rooms) socket.leave(room);
    else if (message.what === "disconnect") socket.disconnect(message.close);
  }
}

function sendAcksBack(socket: ClientSocket, pending: readonly number[], late: LateSink): void {
  const namespace = socket.nsp.name;
  const back = (id: number, args: readonly unknown[]): void => late({ what: "ack", namespace, id, args });
  // Their numbers stay taken until the client has answered.
  for (const id of pending) socket.acks.set(id, (...args) => back(id, args));
  catchStrayAcks(socket, back);
}
