/** Worker: everything of Holdfast in one app process, put together. The same with a primary and without one. */

import { randomBytes } from "node:crypto";
import { createAdapter } from "../adapter/create-adapter.js";
import type { Peer } from "../bus/bus.js";
import { Mesh } from "../bus/mesh.js";
import { Standby } from "../bus/standby.js";
import type { PolicyName } from "../config/policy-names.js";
import type { TrustHeader, TrustProxy } from "../config/trust-proxy.js";
import { BRIDGE_SLOT } from "../protocol/bridge-messages.js";
import { LinkServer } from "../protocol/link-server.js";
import { LoadBoard } from "../protocol/load-board.js";
import type { WorkerSnapshot } from "../protocol/messages.js";
import { workerSocket } from "../protocol/runtime-directory.js";
import { createPolicy } from "../routing/policies.js";
import { Aliases } from "./aliases.js";
import { busSnapshot } from "./bus-snapshot.js";
import { ClientResolver } from "./client-resolver.js";
import { ConnectionMover } from "./connection-mover.js";
import { EngineRouter } from "./engine-router.js";
import { Carried } from "./forward/carried.js";
import { Forwarder } from "./forward/forwarder.js";
import { type StrayHandler, serveForwardLink } from "./forward/owner.js";
import { Departures } from "./handoff/departures.js";
import { type DeskOptions, HandoffDesk } from "./handoff/desk.js";
import { createSessionCodec } from "./handoff/session/create-session-codec.js";
import type { SessionCodec } from "./handoff/session-codec.js";
import { Transit } from "./handoff/transit.js";
import { followDeflate } from "./internals/deflate.js";
import type { Engine } from "./internals/engine.js";
import { gatherWrites } from "./internals/gathered-writes.js";
import type { AdapterConstructor } from "./internals/socket-io.js";
import type { ListenAdoption } from "./listen.js";
import type { Passages } from "./passages.js";
import { PlacementDesk } from "./placement.js";
import { ProxyHeaders } from "./proxy-headers.js";
import { Guests } from "./remote/guests.js";
import { RemoteHosts } from "./remote/remote-hosts.js";
import { SessionCount } from "./session-count.js";
import { setSlotCookie } from "./slot-cookie.js";

export type RuntimeSettings = {
  readonly fleet: string;
  readonly directory: string;
  readonly host: number;
  readonly slot: number;
  readonly generation: number;
  readonly policy: PolicyName;
  readonly trustProxy: TrustProxy;
  readonly trustHeader: TrustHeader;
  readonly proxyProtocol: boolean;
  /** An older worker of this slot serves until it is told to hand over. */
  readonly takesOver?: boolean;
};

/** What only a worker with a primary has. */
export type WithPrimary = {
  readonly passages: Passages;
  readonly listen: ListenAdoption;
  readonly handoff: Pick<DeskOptions, "progress" | "stuck">;
};

export class Runtime {
  readonly settings: RuntimeSettings;
  readonly adapter: AdapterConstructor;
  readonly sessions: SessionCount;
  readonly router: EngineRouter;
  /** Undefined without the PROXY protocol. */
  readonly proxyHeaders: ProxyHeaders | undefined;
  readonly codec: SessionCodec;
  /** For sessions that are elsewhere. */
  readonly carried = new Carried();
  readonly desk: HandoffDesk | undefined;
  readonly #standby: Standby;
  readonly #aliases: Aliases;
  readonly #hosts: RemoteHosts;
  readonly #guests = new Guests();
  readonly #server: LinkServer;
  readonly #mesh: Mesh;
  readonly #board: LoadBoard;
  readonly #mover: ConnectionMover | undefined;
  #leaving = false;

  /** @param warn takes sentences for the log @throws the system's error when the fleet's folder cannot be used */
  constructor(settings: RuntimeSettings, warn: (sentence: string) => void, primary?: WithPrimary) {
    this.settings = settings;
    const { fleet, directory, slot } = settings;
    const identity = {
      host: settings.host,
      slot,
      incarnation: newIncarnation(),
      generation: settings.generation,
      ...(settings.takesOver === true && { standby: true }),
    };
    this.#server = new LinkServer({
      identity,
      fleet,
      path: workerSocket(directory, slot, identity.incarnation),
    });
    this.#mesh = new Mesh({ linkServer: this.#server, directory, onProblem: warn });
    this.#board = new LoadBoard(directory, slot, settings.takesOver !== true);
    this.#aliases = new Aliases(this.#mesh, settings);
    const adapter = createAdapter(this.#mesh, { onProblem: warn });
    this.adapter = adapter as unknown as AdapterConstructor;
    this.#standby = new Standby(this.#mesh, settings.takesOver === true, (peer) => this.#onServing(peer));
    this.sessions = new SessionCount((load) => this.#board.setLoad(load));
    this.#mover =
      primary && new ConnectionMover(primary.passages, (server) => primary.listen.listenerOf(server));
    const clients = new ClientResolver({ ...settings, warn });
    this.proxyHeaders = settings.proxyProtocol ? new ProxyHeaders(clients.trust) : undefined;
    const transit = new Transit();
    this.#hosts = new RemoteHosts(this.#mesh, settings.host, this.carried, warn);
    this.router = new EngineRouter({
      identity,
      departures: new Departures(
        transit,
        (sid) => this.#aliases.slotOf(sid),
        (...upgrade) => this.desk?.passUpgrade(...upgrade) ?? false,
        (...upgrade) => this.desk?.passToSibling(...upgrade) ?? false,
      ),
      sessions: this.sessions,
      placement: this.#placement(),
      clients,
      board: this.#board,
      forwarder: new Forwarder(this.#server, this.carried),
      hosts: this.#hosts,
      ownerAddress: (owner) => this.#ownerAddress(owner),
      ...(primary && { passages: primary.passages }),
      ...(this.#mover && { mover: this.#mover }),
    });
    this.codec = createSessionCodec({
      engines: () => this.router.adopted.all,
      sessions: this.sessions,
      requests: this.router.underWay,
    });
    this.desk =
      primary &&
      new HandoffDesk({
        ...primary.handoff,
        codec: this.codec,
        moves: adapter.moves,
        transit,
        server: this.#server,
        warn,
        left: (sid) => this.#aliases.ended(sid),
        arrived: (sids) => this.#onArrived(sids),
        addressOf: (slot) => this.#ownerAddress(slot),
        connection: (message, handle) => primary.passages.take(settings.slot, message, handle),
        upgrade: (head, handle, behind) =>
          primary.passages.take(settings.slot, { kind: "upgrade", request: head, head: behind }, handle),
      });
  }

  /** Takes links from the other workers and dials those that are there. */
  async start(): Promise<void> {
    this.#server.onLink("forward", ({ hello, socket, head }) => {
      const handler = {
        request: (...stray) => this.router.arrivals.request(hello.slot, ...stray),
        upgrade: (...stray) => this.router.arrivals.upgrade(hello.slot, ...stray),
      } satisfies StrayHandler;
      const table = serveForwardLink(socket, head, handler, () => this.#guests.delete(table));
      if (hello.slot === BRIDGE_SLOT) this.#guests.add(table);
    });
    const { desk } = this;
    if (desk !== undefined)
      this.#server.onLink("handoff", ({ hello, ...connection }) => desk.accept(hello.slot, connection));
    this.#mesh.watch({
      peerUp: (peer) => {
        if (this.#standby.serves(peer)) this.#onServing(peer);
      },
      peerDown: () => this.#shareRow(),
    });
    // Listen before looking: a worker that starts at the same time then finds this one if this one does not find it.
    await this.#server.listen();
    await this.#mesh.start();
  }

  /** Called again whenever the engine begins anew, as it does when its HTTP server listens. */
  adopt(engine: Engine): void {
    gatherWrites(engine);
    if (this.desk !== undefined) followDeflate(engine);
    this.router.adopt(engine);
    if (this.settings.policy === "cookie") setSlotCookie(engine, this.settings.slot);
  }

  /** New sessions may be placed here, once this worker serves. */
  ready(): void {
    this.#board.setReady(true);
  }

  /**
   * This worker gives its sessions away: other hosts are to bring what is new to another one. Where its slot goes with it, no new session is
   * placed here any more: it would have to move at once, and one that came by a tunnel could not.
   */
  handsOver(slotGoes: boolean): void {
    if (slotGoes) this.#board.setReady(false);
    this.#sayLeaving();
  }

  /** It has its sessions back. */
  stay(): void {
    this.#standby.stay();
    this.#guests.stay();
    this.#board.setReady(true);
  }

  /** No new session is placed here any more. */
  leave(): void {
    this.#leaving = true;
    // Before a word to the board: the newer worker may have taken over, and written the row, without this one having heard of it.
    this.#shareRow();
    this.#board.setReady(false);
    this.#sayLeaving();
  }

  /** The older worker of this slot leaves: what goes to the slot comes here from now on. */
  takeOver(): void {
    this.#standby.end();
    this.#shareRow();
  }

  snapshot(): WorkerSnapshot {
    const { user, system } = process.cpuUsage();
    return {
      sessions: this.sessions.open,
      sessionsOpened: this.sessions.opened,
      ...this.router.counters,
      connectionsMoved: this.#mover?.moved ?? 0,
      proxyHeadersRefused: this.proxyHeaders?.refused ?? 0,
      peers: this.#mesh.peers().length,
      bus: busSnapshot(this.#mesh),
      rss: process.memoryUsage.rss(),
      cpu: user + system,
    };
  }

  close(): void {
    this.desk?.close();
    this.#board.close();
    this.#hosts.close();
    this.#mesh.close();
    this.#server.close();
  }

  #sayLeaving(): void {
    this.#standby.leave();
    this.#guests.leave();
  }

  #onArrived(sids: readonly string[]): void {
    this.#aliases.arrived(sids);
    for (const sid of sids) this.router.adopted.sessionOf(sid)?.once("close", () => this.#aliases.ended(sid));
  }

  /** What was under way to that slot went to the worker before. */
  #onServing({ identity }: Peer): void {
    this.#board.forget(identity.slot);
    this.#shareRow();
  }

  /** During a reload the slot's row on the load board is the newer worker's. */
  #shareRow(): void {
    const { slot, generation } = this.settings;
    const other = this.#mesh.peerOfSlot(slot, (peer) => this.#leaving || this.#standby.serves(peer));
    const newer = other !== undefined && other.peer.identity.generation > generation;
    if (newer || (this.#standby.self && other !== undefined)) this.#board.handOver();
    else this.#board.takeBack();
  }

  /** Of two workers of another slot the one that serves; of this slot the other one, whether it serves or not. */
  #ownerAddress(slot: number): { key: string; path: string } | undefined {
    const serves = (peer: Peer): boolean => this.#standby.serves(peer);
    const serving = slot === this.settings.slot ? undefined : this.#mesh.peerOfSlot(slot, serves);
    const found = serving ?? this.#mesh.peerOfSlot(slot);
    return found && { key: found.peer.key, path: found.path };
  }

  #placement(): PlacementDesk {
    const { slot, policy } = this.settings;
    return new PlacementDesk({
      here: slot,
      policy: createPolicy(policy),
      readBoard: () => this.#board.read(),
      isLive: (other) => this.#mesh.peerOfSlot(other) !== undefined,
    });
  }
}

/** Unlike any other worker's, on this machine and in containers that share a folder. */
function newIncarnation(): string {
  return process.pid.toString(36) + randomBytes(3).readUIntBE(0, 3).toString(36).padStart(5, "0");
}
