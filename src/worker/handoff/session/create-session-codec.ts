/** Worker: the codec of Socket.IO's sessions, for all engines of this worker that were adopted. */

import type { AdoptedEngine } from "../../adopted-engine.js";
import { engineInside } from "../../internals/engine-session.js";
import type { RawHandle } from "../../internals/handles.js";
import { serverOn } from "../../internals/socket-io-hooks.js";
import { insideOf, type SocketIoInside } from "../../internals/socket-io-session.js";
import type { SessionCount } from "../../session-count.js";
import type { Arrived, LateSink, SessionCodec, SessionRecord } from "../session-codec.js";
import { ackFloor, raise } from "./ack-floor.js";
import { Arrival } from "./arrival.js";
import { buildSession } from "./build.js";
import type { Departure } from "./departure.js";
import { MovableSession } from "./movable-session.js";
import { isSameRecord } from "./record.js";
import type { RequestsUnderWay } from "./requests-under-way.js";
import { unsupportedBy } from "./unsupported.js";

export type SessionCodecOptions = {
  readonly engines: () => readonly AdoptedEngine[];
  readonly sessions: SessionCount;
  readonly requests: RequestsUnderWay;
};

export function createSessionCodec(options: SessionCodecOptions): SessionCodec {
  return new SocketIoCodec(options);
}

class SocketIoCodec implements SessionCodec {
  readonly #options: SessionCodecOptions;
  readonly #departed = new Map<string, Departure>();
  #ackFloor = 0;

  constructor(options: SessionCodecOptions) {
    this.#options = options;
  }

  get unsupported(): string | undefined {
    return unsupportedBy(this.#options.engines().map(({ engine }) => engine));
  }

  sessions(): MovableSession[] {
    return this.#options.engines().flatMap(({ engine, place }) =>
      Object.values(engineInside(engine).clients)
        .filter(({ readyState }) => readyState === "open")
        .map((conn) => new MovableSession(conn, this.#contextOf(place))),
    );
  }

  build(record: SessionRecord, handle: RawHandle | undefined, late: LateSink): Arrived {
    const { sessions, engines } = this.#options;
    const engine = engines()[record.engine]?.engine;
    const prepare = (namespace: Parameters<typeof raise>[0]): void => raise(namespace, this.#ackFloor);
    const departure = this.#departed.get(record.sid);
    // A session may also come back by another way, as any other comes.
    if (departure === undefined || !isSameRecord(departure.record, record))
      return new Arrival(buildSession(record, engine, handle, { sessions, prepare, served: false }), late);
    const { served } = departure;
    const built = buildSession(record, engine, handle, { sessions, prepare, served });
    this.#departed.delete(record.sid);
    const arrival = new Arrival(built, (message) => departure.late(message));
    departure.takeBack(arrival);
    return arrival;
  }

  shared(): unknown {
    return { ackFloor: ackFloor(this.#servers()) };
  }

  adoptShared(value: unknown): void {
    this.#ackFloor = (value as { ackFloor: number }).ackFloor;
    for (const { _nsps } of this.#servers())
      for (const namespace of _nsps.values()) raise(namespace, this.#ackFloor);
  }

  #servers(): SocketIoInside[] {
    const servers = this.#options.engines().map(({ engine }) => serverOn(engine));
    return servers.filter((server) => server !== undefined).map(insideOf);
  }

  #contextOf(place: number): ConstructorParameters<typeof MovableSession>[1] {
    return {
      place,
      requests: this.#options.requests,
      onDeparture: (departure) => this.#departed.set(departure.record.sid, departure),
      onReleased: (departure) => {
        const { sid } = departure.record;
        if (this.#departed.get(sid) === departure) this.#departed.delete(sid);
      },
    };
  }
}
