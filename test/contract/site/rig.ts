/** Contract of a site: hosts that write down all that they are told, and faults that every carrier can have. */

import { afterEach } from "vitest";
import type { Site, SiteHandlers, SiteHost } from "../../../src/bridge/site.js";

/** One thing that a host was told, as text: `up 1`, `down 1`, `lost 1`, `1: hello`. */
export type Heard = string;

export type RigHost = {
  readonly site: Site;
  readonly heard: Heard[];
  /** As a process that is killed: no goodbye. */
  kill(): void;
};

/** A site without hosts. */
export type SiteRig = {
  join(number: number, handlers: SiteHandlers): Promise<{ readonly site: Site; kill(): void }>;
  /** Every host stays, and Redis is not there for a moment; what is sent meanwhile is up to `whileAway`. */
  away(whileAway: () => void): Promise<void>;
  /** A host of another site beside this one. */
  joinOther(handlers: SiteHandlers): Promise<{ readonly site: Site }>;
  close(): Promise<void>;
};

export class Hosts {
  readonly #rig: SiteRig;
  readonly all: RigHost[] = [];

  constructor(rig: SiteRig) {
    this.#rig = rig;
  }

  get rig(): SiteRig {
    return this.#rig;
  }

  /** Resolves once all that were there know it, and it knows all. */
  async join(number = this.all.length): Promise<RigHost> {
    const heard: Heard[] = [];
    const { site, kill } = await this.#rig.join(number, writingDown(heard));
    const host = { site, heard, kill };
    this.all.push(host);
    await until(() => this.all.every((one) => one.site.hosts().length === this.all.length - 1));
    return host;
  }

  async several(count: number): Promise<RigHost[]> {
    const hosts: RigHost[] = [];
    for (let number = 0; number < count; number++) hosts.push(await this.join());
    return hosts;
  }
}

export function writingDown(heard: Heard[]): SiteHandlers {
  return {
    message: (from, payload) => heard.push(`${from.host}: ${payload.toString("latin1")}`),
    hostUp: (host) => heard.push(`up ${host.host}`),
    hostDown: (host) => heard.push(`down ${host.host}`),
    hostChanged: (host) => heard.push(`changed ${host.host}`),
    lost: (host) => heard.push(`lost ${host.host}`),
  };
}

/** @returns a way to get the hosts of each test */
export function useHosts(open: () => Promise<SiteRig>): () => Promise<Hosts> {
  let rig: SiteRig | undefined;
  afterEach(async () => {
    await rig?.close();
    rig = undefined;
  });
  return async () => {
    rig = await open();
    return new Hosts(rig);
  };
}

export function messagesIn(heard: readonly Heard[], from?: SiteHost): string[] {
  return heard.filter((line) => (from === undefined ? /^\d+: / : new RegExp(`^${from.host}: `)).test(line));
}

export async function until(holds: () => boolean, limit = 15_000): Promise<void> {
  const deadline = Date.now() + limit;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`never became true: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
