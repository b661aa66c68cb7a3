/** Bridge: the other hosts that live, each with a small number, and what it said of its servers. Pure. */

import { eachInMask, type Mask } from "../../adapter/rooms/room-table.js";
import type { Peer } from "../../bus/bus.js";
import { BRIDGE_SLOT } from "../../protocol/bridge-messages.js";
import type { SiteHost } from "../site.js";
import { RosterParts } from "./roster-parts.js";

export type Host = {
  /** As the site knows it now. */
  site: SiteHost;
  /** Of a bit in masks; used again when the host is gone. */
  readonly number: number;
  /** For questions: its key is the host's token. */
  readonly peer: Peer;
  /** Socket.IO servers that answer there. */
  servers: number;
  /** What has come of the list of its rooms. */
  readonly roster: RosterParts;
};

export class Hosts {
  readonly #byToken = new Map<string, Host>();
  readonly #byNumber: (Host | undefined)[] = [];
  #all: readonly Host[] = [];

  /** The same list until one comes or goes. */
  all(): readonly Host[] {
    return this.#all;
  }

  get(token: string): Host | undefined {
    return this.#byToken.get(token);
  }

  /** The newest with this number of a host. */
  ofNumber(number: number | undefined): Host | undefined {
    return number === undefined ? undefined : this.#all.findLast(({ site }) => site.host === number);
  }

  inMask(mask: Mask): readonly Host[] {
    const hosts: Host[] = [];
    eachInMask(mask, (number) => {
      const host = this.#byNumber[number];
      if (host !== undefined) hosts.push(host);
    });
    return hosts;
  }

  add(site: SiteHost): Host {
    const free = this.#byNumber.indexOf(undefined);
    const number = free < 0 ? this.#byNumber.length : free;
    const identity = { host: site.host, slot: BRIDGE_SLOT, incarnation: site.token, generation: 1 };
    const host = { site, number, peer: { key: site.token, identity }, servers: 0, roster: new RosterParts() };
    this.#byNumber[number] = host;
    this.#byToken.set(site.token, host);
    this.#all = [...this.#all, host];
    return host;
  }

  remove(host: Host): void {
    this.#byToken.delete(host.site.token);
    this.#byNumber[host.number] = undefined;
    this.#all = this.#all.filter((other) => other !== host);
  }
}
