/**
 * Test helper: workers on the memory bus, with sessions that move between them without a connection: a session keeps what every
 * socket of it was written, wherever that was.
 */

import { setImmediate as turn } from "node:timers/promises";
import { Server } from "socket.io";
import { type AdapterFactory, createAdapter } from "../../../../src/adapter/create-adapter.js";
import type { Position } from "../../../../src/adapter/session-moves.js";
import type { MemoryBus } from "../../../../src/bus/memory-bus.js";
import { MemoryNetwork, type MemoryNetworkOptions } from "../../../../src/bus/memory-network.js";
import { sidPrefix } from "../../../../src/routing/sid.js";

export type Worker = { readonly bus: MemoryBus; readonly io: Server; readonly adapter: AdapterFactory };

type Socket = {
  readonly id: string;
  readonly rooms: ReadonlySet<string>;
  readonly acks: Map<number, (value: unknown) => void>;
  data: unknown;
  disconnect(): void;
};

export class Session {
  readonly id: string;
  /** Events, as the client got them: name and arguments. */
  readonly heard: unknown[][] = [];
  /** Where it is; undefined on its way. */
  worker: Worker | undefined;
  socket: Socket | undefined;
  readonly data = {};
  #rooms: string[];

  constructor(id: string) {
    this.id = id;
    this.#rooms = [id];
  }

  get rooms(): readonly string[] {
    return this.socket === undefined ? this.#rooms : [...this.socket.rooms];
  }

  /** As the codec does: it is in its rooms, and nobody was told. */
  enter(worker: Worker): { namespace: object; socket: object } {
    const namespace = worker.io.of("/");
    this.worker = worker;
    this.socket = socketOf(this, worker);
    (namespace.sockets as Map<string, unknown>).set(this.id, this.socket);
    namespace.adapter.addAll(this.id, new Set(this.#rooms));
    return { namespace, socket: this.socket };
  }

  leave(): void {
    this.#rooms = [...this.rooms];
    const namespace = (this.worker as Worker).io.of("/");
    namespace.sockets.delete(this.id as never);
    namespace.adapter.delAll(this.id);
    this.worker = undefined;
    this.socket = undefined;
  }
}

function socketOf(session: Session, { io }: Worker): Socket {
  const { id, heard, data } = session;
  const { adapter, sockets } = io.of("/");
  const acks = new Map<number, (value: unknown) => void>();
  const writeToEngine = ([packet]: [string]): void => {
    const [, number, json] = /^2(\d*)(.*)$/s.exec(packet) as unknown as [string, string, string];
    heard.push(JSON.parse(json));
    if (number === "") return;
    const ack = acks.get(Number(number));
    setImmediate(() => ack?.(id));
  };
  return {
    id,
    data,
    acks,
    get rooms() {
      return adapter.sids.get(id) ?? new Set<string>();
    },
    handshake: { query: {} },
    client: { writeToEngine },
    join: (rooms: string[]) => adapter.addAll(id, new Set(rooms)),
    leave: (room: string) => adapter.del(id, room),
    disconnect: () => {
      adapter.delAll(id);
      sockets.delete(id as never);
      session.worker = undefined;
      session.socket = undefined;
    },
  } as never;
}

/** Sessions that have left and have not arrived. */
export type Batch = {
  readonly from: Worker;
  readonly to: Worker;
  readonly sessions: readonly Session[];
  readonly position: Position;
};

export class MovingFleet {
  readonly network: MemoryNetwork;
  readonly workers: Worker[] = [];
  #ids = 0;

  constructor(options: MemoryNetworkOptions = {}) {
    this.network = new MemoryNetwork(options);
  }

  static async open(count: number, options: MemoryNetworkOptions = {}): Promise<MovingFleet> {
    const fleet = new MovingFleet(options);
    for (let slot = 0; slot < count; slot++) fleet.add(slot);
    await fleet.network.settled();
    return fleet;
  }

  add(slot: number, generation = 1): Worker {
    const bus = this.network.join(slot, generation);
    const adapter = createAdapter(bus);
    const worker = { bus, adapter, io: new Server({ adapter }) };
    this.workers.push(worker);
    return worker;
  }

  /** A session that is connected to this worker, in these rooms too. */
  connect(worker: Worker, ...rooms: string[]): Session {
    this.#ids += 1;
    const { host, slot } = worker.bus.self.identity;
    const session = new Session(sidPrefix({ host, slot }) + String(this.#ids).padStart(16, "A"));
    session.enter(worker);
    worker.io.of("/").adapter.addAll(session.id, new Set(rooms));
    return session;
  }

  /** From now on sessions may go from one to the other. */
  async open(from: Worker, to: Worker): Promise<void> {
    const mirrored = from.adapter.moves.mirror([to.bus.self.key], 1000);
    await Promise.all([mirrored, this.network.settled()]);
  }

  kill(worker: Worker): void {
    this.workers.splice(this.workers.indexOf(worker), 1);
    this.network.kill(worker.bus);
  }
}

/** Takes sessions apart, in this turn. */
export function depart(sessions: readonly Session[], to: Worker): Batch {
  const from = sessions[0]?.worker as Worker;
  const namespace = from.io.of("/");
  from.adapter.moves.departing(sessions.map(({ socket }) => ({ namespace, socket: socket as object })));
  for (const session of sessions) session.leave();
  return { from, to, sessions, position: from.adapter.moves.position() };
}

/** Puts them together again, in this turn. The old worker hears of it later: {@link settle}. */
export function arrive({ sessions, position }: Batch, at: Worker): void {
  const sockets = sessions.map((session) => session.enter(at));
  at.adapter.moves.arrived(sockets, position);
}

export function settle({ from, sessions }: Batch): void {
  from.adapter.moves.settled(sessions.map(({ id }) => id));
}

/** Awaits so many turns of the loop. */
export async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await turn();
}
