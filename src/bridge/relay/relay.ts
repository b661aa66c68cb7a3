/**
 * Bridge: carries the adapters' messages between the workers of this host and the other hosts. To the workers it looks like one worker
 * whose sockets are all those of the other hosts, to the other hosts it speaks for all its workers. What came from the site never
 * goes back there, and what came from workers never goes to workers.
 */

import { changesFromWire, objectOf, rosterFromWire } from "../../adapter/targets.js";
import {
  decodeMessage,
  type Message,
  type MessageDraft,
  MessageKind,
  WireError,
} from "../../adapter/wire.js";
import type { Bus, Peer } from "../../bus/bus.js";
import type { EmitterOrder } from "../emitter/orders.js";
import type { Site, SiteHandlers, SiteHost } from "../site.js";
import { ForeignRooms } from "./foreign-rooms.js";
import { type Host, Hosts } from "./hosts.js";
import { Inward } from "./inward.js";
import { LocalSide } from "./local-side.js";
import { giveOrder } from "./orders.js";
import { Outward } from "./outward.js";
import { OwnRooms } from "./own-rooms.js";
import { SiteSide } from "./site-side.js";

export type RelayOptions = {
  /** Of this host, with an identity of slot {@link BRIDGE_SLOT}; not started yet, so that nobody joins it unheard. */
  readonly mesh: Bus;
  /** Of which this host is a member. */
  readonly site: Site;
  /** One sentence about something that does not work; for a log. */
  readonly onProblem?: (sentence: string) => void;
};

/** Since the start. */
export type RelayCounters = {
  /** Messages of other hosts or of workers that make no sense. */
  malformed: number;
};

/** Now. */
export type RelayGauges = {
  /** Rooms and namespaces of this host of which the others were told. */
  readonly ownRooms: number;
  /** Rooms and namespaces in which other hosts have members. */
  readonly foreignRooms: number;
  /** Questions and joins, in both directions, that wait. */
  readonly questions: number;
};

export class Relay {
  /** What the site tells; nothing may be told before the relay is made. */
  readonly handlers: SiteHandlers;
  readonly counters: RelayCounters = { malformed: 0 };
  readonly #hosts = new Hosts();
  readonly #local: LocalSide;
  readonly #site: SiteSide;
  readonly #own: OwnRooms;
  readonly #foreign: ForeignRooms;
  readonly #outward: Outward;
  readonly #inward: Inward;
  /** As the workers and the hosts were told. */
  #here = "";
  #wide = false;
  #servers = 0;

  constructor({ mesh, site, onProblem = () => {} }: RelayOptions) {
    const self = mesh.self.identity.host;
    const local = (): LocalSide => this.#local;
    const onMalformed = (): void => this.#malformed();
    this.#site = new SiteSide(site, () => this.#own.flush());
    this.#own = new OwnRooms({
      self,
      isPlace: (address, place) => this.#local.rooms.isPlace(address, place),
      isVague: () => this.#local.rooms.isVague,
      send: (draft) => this.#site.news(this.#hosts.all(), draft),
    });
    this.#foreign = new ForeignRooms({
      self,
      hosts: this.#hosts,
      enter: (address, place) => this.#local.rooms.enter(address, place),
      leave: (address, place) => this.#local.rooms.leave(address, place),
    });
    const { told: namespaces } = this.#foreign;
    const onPlace = this.#own.touch.bind(this.#own);
    this.#local = new LocalSide({ bus: mesh, onProblem, namespaces, onPlace }, this.#heard());
    this.#outward = new Outward({
      local,
      site: this.#site,
      hosts: this.#hosts,
      rooms: this.#foreign,
      onMalformed,
    });
    this.#inward = new Inward({ local, site: this.#site, hosts: this.#hosts });
    this.handlers = {
      message: (from, payload) => this.#onMessage(from, payload),
      hostUp: (host) => this.#onHostUp(host),
      hostDown: ({ token }) => this.#onHostDown(token),
      hostChanged: (host) => this.#onHostChanged(host),
      lost: ({ token }) => this.#onLost(token),
    };
    for (const host of site.hosts()) this.#onHostUp(host);
  }

  get gauges(): RelayGauges {
    const questions = this.#outward.size + this.#inward.size + this.#local.requests.size;
    return { ownRooms: this.#own.size, foreignRooms: this.#foreign.size, questions };
  }

  /** Has a worker of this host do what somebody outside wants done at its sockets; nothing where no worker has any. */
  emit(order: EmitterOrder): void {
    giveOrder(order, this.#local, this.#own.addressesOf(order.namespace));
  }

  #heard(): ConstructorParameters<typeof LocalSide>[1] {
    return {
      here: () => this.#hereDraft(),
      isWide: () => this.#wide,
      serve: (from, message, payload) => this.#outward.serve(from, message, payload),
      settled: (from, request) => this.#inward.settled(from, request),
      settle: (to, request) => this.#outward.settle(to, request),
      notice: (to, request) => this.#outward.notice(to, request),
      changed: () => this.#onLocalChange(),
      gone: (peer) => this.#onWorkerGone(peer),
      malformed: () => this.#malformed(),
    };
  }

  #onLocalChange(): void {
    this.#own.schedule();
    const servers = this.#local.answering().length;
    if (servers === this.#servers) return;
    this.#servers = servers;
    this.#tellServers(this.#hosts.all());
  }

  #onWorkerGone(peer: Peer): void {
    this.#outward.forget(peer);
    this.#inward.gone(peer);
  }

  #onHostUp(site: SiteHost): void {
    if (this.#hosts.get(site.token) !== undefined) return;
    const host = this.#hosts.add(site);
    this.#foreign.lost(host);
    this.#update();
    this.#ask(host);
  }

  #onHostChanged(site: SiteHost): void {
    const host = this.#hosts.get(site.token);
    if (host !== undefined) host.site = site;
  }

  #onHostDown(token: string): void {
    const host = this.#hosts.get(token);
    if (host === undefined) return;
    this.#hosts.remove(host);
    this.#outward.hostDown(host);
    this.#inward.hostDown(host);
    this.#foreign.down(host);
    this.#update();
  }

  #onLost(token: string): void {
    const host = this.#hosts.get(token);
    if (host === undefined) return;
    host.roster.drop();
    this.#foreign.lost(host);
    this.#update();
    this.#ask(host);
  }

  #onMessage({ token }: SiteHost, payload: Buffer): void {
    const host = this.#hosts.get(token);
    try {
      if (host === undefined) throw new WireError("a message of a host that is not there");
      this.#dispatch(host, decodeMessage(payload), payload);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#malformed();
    }
  }

  #dispatch(host: Host, message: Message, payload: Buffer): void {
    const { kind, request } = message;
    if (kind < MessageKind.ORDER) this.#inward.serve(host, message, payload);
    else if (kind === MessageKind.HERE) this.#onHere(host, message);
    else if (kind === MessageKind.ROOMS) this.#onRooms(host, message);
    else if (kind === MessageKind.ROSTER) this.#onRoster(host, message);
    else if (kind === MessageKind.SETTLED) this.#outward.settled(host, request);
    else if (kind === MessageKind.TELL) this.#onTell(host, request);
    else if (kind >= MessageKind.ABSENT) this.#outward.receive(host, message);
    else throw new WireError(`a message of the unknown kind ${kind}`);
  }

  #onHere(host: Host, { options }: Message): void {
    const { s } = objectOf(options);
    if (!Number.isSafeInteger(s) || (s as number) < 0) throw new WireError("a wrong number of servers");
    host.servers = s as number;
    this.#update();
  }

  /** Our workers know at once, by the count board: nothing that they send later can miss who is there, once this is confirmed. */
  #onRooms(host: Host, { address, options, request }: Message): void {
    this.#foreign.changed(host, address, changesFromWire(options, "c"));
    // While some of its news is missing only WIDE makes our workers send it everything, and they may not have read that.
    // It was asked for everything: the list confirms this, too.
    if (request > 0 && this.#foreign.isKnown(host)) this.#inward.settle(host, request);
  }

  #onRoster(host: Host, { options, request }: Message): void {
    const { first, last } = objectOf(options);
    const part = rosterFromWire(options, "n");
    const all = host.roster.add(part, { first: first === true, last: last === true });
    if (all !== undefined) {
      this.#foreign.listed(host, all);
      this.#update();
    }
    if (request > 0) this.#inward.settle(host, request);
  }

  /** It knows nothing of this host, or not enough. */
  #onTell(host: Host, request: number): void {
    this.#own.flush();
    this.#tellServers([host]);
    const asks = this.#outward.waitsFor(host) ? this.#outward.next() : 0;
    for (const draft of this.#own.roster(asks)) this.#site.news([host], draft);
    this.#inward.settle(host, request);
    // What this one asked before may have come there too early.
    if (!this.#foreign.isKnown(host)) this.#ask(host);
  }

  #ask(host: Host): void {
    this.#site.tell([host], { kind: MessageKind.TELL, request: this.#outward.next() });
  }

  #tellServers(to: readonly Host[]): void {
    this.#site.tell(to, { kind: MessageKind.HERE, options: { s: this.#servers } });
  }

  /** Tells the workers what of the other hosts they must know, where it is not what they were told. */
  #update(): void {
    const wide = this.#foreign.isVague;
    if (wide !== this.#wide) {
      this.#wide = wide;
      this.#local.tellWide();
    }
    const here = JSON.stringify(this.#hereDraft());
    if (here === this.#here) return;
    this.#here = here;
    this.#local.tellHere();
  }

  #hereDraft(): MessageDraft {
    const serving = this.#hosts.all().filter(({ servers }) => servers > 0);
    const h = serving.map(({ site: { host }, servers }) => [host, servers]);
    return h.length === 0 ? { kind: MessageKind.GONE } : { kind: MessageKind.HERE, options: { h } };
  }

  #malformed(): void {
    this.counters.malformed += 1;
  }
}
