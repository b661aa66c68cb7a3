/** Bridge: all its parts put together: gateway, site, mesh, relay; what it tells the primary, and its end. */

import { randomBytes } from "node:crypto";
import { networkInterfaces } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { HoldfastError } from "../base/errors.js";
import { Mesh } from "../bus/mesh.js";
import { BRIDGE_SLOT, type BridgeSettings, type BridgeToPrimary } from "../protocol/bridge-messages.js";
import type { PeerIdentity } from "../protocol/hello.js";
import { LinkServer } from "../protocol/link-server.js";
import { workerSocket } from "../protocol/runtime-directory.js";
import { listenToEmitter } from "./emitter/listen.js";
import { Gateway } from "./gateway/gateway.js";
import { SlotWorkers } from "./gateway/slot-workers.js";
import { SiteTeller } from "./gateway/tell-site.js";
import { ownAddress } from "./own-address.js";
import { createRedisSite } from "./redis-site.js";
import type { Load, RedisSite, Said } from "./redis-site-types.js";
import { Relay } from "./relay/relay.js";
import type { SiteHandlers } from "./site.js";
import { snapshotOf } from "./snapshot.js";

/** Between two snapshots for the primary. Milliseconds. */
const SNAPSHOT_EVERY = 1000;
/** Without its primary it waits so long for the workers to be gone, and looks so often. Milliseconds. */
const WITHOUT_PRIMARY = 10_000;
const LOOK_EVERY = 50;

export type BridgeRefusal = { readonly code: string; readonly sentence: string };

/** What exists once the site has given a number. */
type Joined = {
  readonly site: RedisSite;
  readonly server: LinkServer;
  readonly mesh: Mesh;
  readonly workers: SlotWorkers;
  readonly teller: SiteTeller;
  readonly relay: Relay | undefined;
};

export class Bridge {
  readonly #settings: BridgeSettings;
  readonly #tell: (message: BridgeToPrimary) => void;
  readonly #gateway: Gateway;
  readonly #abort = new AbortController();
  #joined: Joined | undefined;
  #load: Load;

  constructor(settings: BridgeSettings, tell: (message: BridgeToPrimary) => void) {
    this.#settings = settings;
    this.#tell = tell;
    this.#load = { workers: settings.workers, sessions: 0 };
    this.#gateway = new Gateway({
      listen: settings.listen,
      tls: settings.tls,
      self: () => this.#self(),
      resolve: (slot) => this.#joined?.workers.pathOf(slot),
      onProblem: (sentence) => this.#say("warn", "gateway", sentence),
    });
  }

  /**
   * Goes on until the site has given a number, however long Redis is away.
   * @returns why it never will
   */
  async join(): Promise<BridgeRefusal | undefined> {
    try {
      const { port } = await this.#gateway.listen();
      const site = await this.#joinSite(port);
      await this.#joinFleet(site);
      this.#tell({ type: "joined", host: site.self.host });
      setInterval(() => this.#tellSnapshot(), SNAPSHOT_EVERY);
      this.#tellSnapshot();
      return undefined;
    } catch (error) {
      if (this.#abort.signal.aborted) return undefined;
      if (error instanceof HoldfastError) return { code: error.code, sentence: error.message };
      throw error;
    }
  }

  /** What other hosts are told of this one. */
  setLoad(load: Load): void {
    this.#load = { workers: load.workers, sessions: load.sessions };
    this.#joined?.site.setLoad(this.#load);
  }

  /** Says goodbye to the other hosts. */
  async leave(): Promise<void> {
    this.#abort.abort(new Error("told to leave"));
    this.#gateway.close();
    await this.#joined?.site.leave();
    this.#joined?.teller.close();
    this.#joined?.mesh.close();
    this.#joined?.server.close();
  }

  /** The primary is gone: the workers drain, and their clients still get what other hosts send. */
  async outliveWorkers(): Promise<void> {
    const until = performance.now() + WITHOUT_PRIMARY;
    const hasWorkers = (): boolean => (this.#joined?.mesh.peers().length ?? 0) > 0;
    while (hasWorkers() && performance.now() < until) await pause(LOOK_EVERY);
    await this.leave();
  }

  #joinSite(port: number): Promise<RedisSite> {
    const { listen, advertise } = this.#settings;
    const address = advertise?.host ?? ownAddress(listen.host, networkInterfaces());
    const said: Said = (...words) => this.#say(...words);
    const place = { address, port: advertise?.port ?? port };
    const { signal } = this.#abort;
    return createRedisSite({ ...this.#settings, ...place, ...this.#load, said, signal }, this.#handlers());
  }

  async #joinFleet(site: RedisSite): Promise<void> {
    const { fleet, directory, relays, tls } = this.#settings;
    const identity = {
      host: site.self.host,
      slot: BRIDGE_SLOT,
      incarnation: newIncarnation(),
      generation: 0,
    };
    const server = new LinkServer({
      identity,
      fleet,
      path: workerSocket(directory, BRIDGE_SLOT, identity.incarnation),
    });
    const problem = (sentence: string): void => this.#say("warn", "bridge", sentence);
    const mesh = new Mesh({ linkServer: server, directory, onProblem: problem });
    const relay = relays ? new Relay({ mesh, site, onProblem: problem }) : undefined;
    if (relay !== undefined) listenToEmitter(site, (order) => relay.emit(order));
    const teller = new SiteTeller(mesh, { secret: site.secret, ...(tls && { tls }) }, () => site.hosts());
    this.#joined = { site, server, mesh, workers: new SlotWorkers(mesh), teller, relay };
    // Listen before looking, as a worker does.
    await server.listen();
    await mesh.start();
  }

  /** None is called before the parts are there: the site begins in a later turn than the one that hands it out. */
  #handlers(): SiteHandlers {
    const relay = (): SiteHandlers | undefined => this.#joined?.relay?.handlers;
    return {
      message: (from, payload) => relay()?.message(from, payload),
      hostUp: (host) => {
        relay()?.hostUp(host);
        this.#joined?.teller.changed();
        this.#say("info", "host-up", `host ${host.host} (${host.fleet} at ${host.address}) joined the site`);
      },
      hostDown: (host) => {
        relay()?.hostDown(host);
        this.#joined?.teller.changed();
        this.#say("info", "host-down", `host ${host.host} (${host.fleet} at ${host.address}) left the site`);
      },
      hostChanged: (host) => {
        relay()?.hostChanged?.(host);
        this.#joined?.teller.changed();
      },
      lost: (from) => relay()?.lost(from),
    };
  }

  #self(): { identity: PeerIdentity; fleet: string; secret: string } | undefined {
    const { fleet } = this.#settings;
    if (this.#joined === undefined) return undefined;
    const { server, site } = this.#joined;
    return { identity: server.identity, fleet, secret: site.secret };
  }

  #tellSnapshot(): void {
    if (this.#joined === undefined) return;
    const snapshot = snapshotOf(this.#joined.site, this.#gateway.counters);
    this.#tell({ type: "snapshot", snapshot });
  }

  #say(level: "info" | "warn", event: string, sentence: string): void {
    this.#tell({ type: "said", level, event, sentence });
  }
}

function newIncarnation(): string {
  return process.pid.toString(36) + randomBytes(4).toString("hex");
}
