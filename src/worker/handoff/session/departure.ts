/**
 * Worker (old): a session that was taken apart. Its objects stay, since code of the app still holds them: what that code sends, joins or
 * leaves goes after the session, and answers of the client come back to the callbacks that wait here.
 */

import {
  AwayTransport,
  answerPoll,
  type EngineConnection,
  letGoOfTransport,
} from "../../internals/engine-session.js";
import { detachHandle, type RawHandle, stopReading } from "../../internals/handles.js";
import type { Client, ClientSocket, Room } from "../../internals/socket-io-session.js";
import { silence } from "../../internals/websocket.js";
import type { Arrived, Departed, LateMessage, LateSink, SessionRecord } from "../session-codec.js";
import { plainConnection } from "./obstacle.js";

const REASON = "server handoff";

export type DepartureOptions = {
  readonly conn: EngineConnection;
  readonly client: Client;
  readonly record: SessionRecord;
  readonly late: LateSink;
  /** The other worker has it for good. */
  readonly onReleased: () => void;
};

export class Departure implements Departed {
  readonly record: SessionRecord;
  readonly handle: RawHandle | undefined;
  readonly #options: DepartureOptions;
  readonly #sockets: readonly ClientSocket[];
  readonly #rooms: ReadonlyMap<ClientSocket, Set<Room>>;
  #late: LateSink;
  /** The app hears that its sockets are gone: what it sends them meanwhile would have gone nowhere, too. */
  #telling = false;
  #takenBack = false;
  #served = false;

  /** Takes the session apart: from now on nothing reaches it here. */
  constructor(options: DepartureOptions) {
    const { conn, client } = options;
    this.#options = options;
    this.record = options.record;
    this.#late = options.late;
    this.#sockets = [...client.sockets.values()];
    this.#rooms = new Map(this.#sockets.map((socket) => [socket, new Set(socket.rooms)]));
    this.handle = leaveTransport(conn);
    conn.transport = new AwayTransport(
      conn.transport,
      (packets) => this.#send({ what: "packets", packets }),
      () => this.#disconnect(this.#sockets[0], true),
    ) as unknown as EngineConnection["transport"];
    conn.writeBuffer = [];
    // Before the app hears of it: what it sends to a room then reaches this session where it goes.
    for (const socket of this.#sockets) socket.nsp.adapter.delAll(socket.id);
  }

  get pendingAcks(): number {
    return this.#sockets.reduce((sum, { acks }) => sum + acks.size, 0);
  }

  tellApp(): void {
    const { conn } = this.#options;
    for (const socket of this.#sockets) this.#showRooms(socket);
    this.#telling = true;
    try {
      // Engine and client clean up as they do when a connection closes; the session itself stays open for what is late.
      conn.emit("close", REASON);
    } finally {
      this.#telling = false;
      for (const socket of this.#sockets) this.#redirect(socket);
    }
  }

  late(message: LateMessage): void {
    if (message.what !== "ack") return;
    // A client that said twice that it enters a namespace has two sockets there.
    const socket = this.#sockets.find(
      ({ nsp, acks }) => nsp.name === message.namespace && acks.has(message.id),
    );
    const ack = socket?.acks.get(message.id);
    socket?.acks.delete(message.id);
    ack?.apply(socket, [...message.args]);
  }

  /** The session was built again in this worker. */
  takeBack(arrived: Pick<Arrived, "late">): void {
    this.#takenBack = true;
    this.#late = (message) => arrived.late(message);
  }

  /** Whether the other worker has read from it and written to it. */
  get served(): boolean {
    return this.#served;
  }

  accepted(): void {
    this.#served = true;
  }

  release(): void {
    if (this.#takenBack) return;
    this.handle?.close();
    this.#options.onReleased();
  }

  #send(message: LateMessage): void {
    if (!this.#telling) this.#late(message);
  }

  #disconnect(socket: ClientSocket | undefined, close: boolean): void {
    this.#send({ what: "disconnect", namespace: socket?.nsp.name ?? "/", close });
  }

  /** While the app hears `disconnecting`, as on every other end. */
  #showRooms(socket: ClientSocket): void {
    const rooms = this.#rooms.get(socket);
    const get = (): unknown => (socket.connected ? rooms : new Set());
    Object.defineProperty(socket, "rooms", { get, configurable: true });
  }

  #redirect(socket: ClientSocket): void {
    const namespace = socket.nsp.name;
    Reflect.deleteProperty(socket, "rooms");
    socket.join = (rooms) =>
      this.#send({ what: "join", namespace, rooms: Array.isArray(rooms) ? rooms : [rooms] });
    socket.leave = (room) => this.#send({ what: "leave", namespace, rooms: [room] });
    socket.disconnect = (close = false) => {
      this.#disconnect(socket, close);
      return socket;
    };
  }
}

/** @returns the descriptor of a WebSocket, which nobody reads or closes */
function leaveTransport(conn: EngineConnection): RawHandle | undefined {
  const { transport } = conn;
  letGoOfTransport(conn);
  if (transport.socket === undefined) {
    answerPoll(transport);
    return undefined;
  }
  const connection = plainConnection(transport.socket);
  silence(transport.socket);
  if (connection !== undefined) {
    stopReading(connection.socket, connection.handle);
    detachHandle(connection.socket, connection.handle);
  }
  return connection?.handle;
}
