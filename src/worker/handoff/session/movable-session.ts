/** Worker (old): a session that is here, as whoever moves it sees it. */

import type { EngineConnection } from "../../internals/engine-session.js";
import { freezeReading, stopReading, thawReading } from "../../internals/handles.js";
import { clientOf } from "../../internals/socket-io-hooks.js";
import type { LateSink, Movable, SessionRecord, StayReason } from "../session-codec.js";
import { Departure } from "./departure.js";
import { describe } from "./describe.js";
import { obstacleOf, plainConnection } from "./obstacle.js";
import { writeRecord } from "./record.js";
import type { RequestsUnderWay } from "./requests-under-way.js";

export type MoveContext = {
  /** Of the engine. */
  readonly place: number;
  readonly requests: RequestsUnderWay;
  onDeparture(departure: Departure): void;
  onReleased(departure: Departure): void;
};

export class MovableSession implements Movable {
  readonly #conn: EngineConnection;
  readonly #context: MoveContext;
  #left = false;

  constructor(conn: EngineConnection, context: MoveContext) {
    this.#conn = conn;
    this.#context = context;
  }

  get sid(): string {
    return this.#conn.id;
  }

  get transport(): string {
    return this.#conn.transport.name;
  }

  get open(): boolean {
    return !this.#left && this.#conn.readyState === "open";
  }

  sockets(): readonly { readonly id: string }[] {
    return [...(clientOf(this.#conn)?.sockets.values() ?? [])];
  }

  obstacle(): undefined | "wait" | StayReason {
    const obstacle = obstacleOf(this.#conn, this.#context.requests);
    return obstacle?.passes ? "wait" : obstacle?.reason;
  }

  waitingFor(): StayReason | undefined {
    const obstacle = obstacleOf(this.#conn, this.#context.requests);
    return obstacle?.passes ? obstacle.reason : undefined;
  }

  freeze(): void {
    const connection = this.#connection();
    if (connection !== undefined) freezeReading(connection.handle);
  }

  thaw(): void {
    const connection = this.#connection();
    if (connection !== undefined) thawReading(connection.handle);
  }

  depart(late: LateSink): Departure | "wait" | StayReason {
    const obstacle = this.obstacle();
    if (obstacle !== undefined) return obstacle;
    const record = this.#record();
    if (record === undefined) return "data";
    const conn = this.#conn;
    const client = clientOf(conn);
    if (client === undefined) return "engine-only";
    const { onReleased, onDeparture } = this.#context;
    const departure: Departure = new Departure({
      conn,
      client,
      record,
      late,
      onReleased: () => onReleased(departure),
    });
    this.#left = true;
    onDeparture(departure);
    return departure;
  }

  /** @returns undefined when what the app put into it cannot be cloned; nothing is changed */
  #record(): SessionRecord | undefined {
    const conn = this.#conn;
    const client = clientOf(conn);
    const connection = this.#connection();
    const { place } = this.#context;
    if (client === undefined) return undefined;
    const behind = connection ? stopReading(connection.socket, connection.handle) : Buffer.alloc(0);
    const transport = connection ? "websocket" : "polling";
    try {
      return writeRecord({ sid: conn.id, engine: place, transport }, describe(conn, client, place, behind));
    } catch {
      if (behind.length > 0) connection?.socket.unshift(behind);
      this.freeze();
      return undefined;
    }
  }

  #connection(): ReturnType<typeof plainConnection> {
    const websocket = this.#conn.transport.socket;
    return websocket && plainConnection(websocket);
  }
}
