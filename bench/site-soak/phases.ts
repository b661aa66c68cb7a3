/** Soak of a site: what is done to it while its clients talk. */

import { setTimeout as sleep } from "node:timers/promises";
import type { TestHost } from "../../test/helpers/site/host.js";
import type { TestSite } from "../../test/helpers/site/site.js";
import type { Traffic } from "../../test/helpers/traffic/traffic.js";
import type { SoakSettings } from "./results.js";

export const PHASE_NAMES = [
  "sid",
  "round-robin",
  "reload",
  "join-leave",
  "cut-off",
  "redis-stopped",
  "redis-killed",
  "host-killed",
] as const;
export type PhaseName = (typeof PHASE_NAMES)[number];

export type Phase = {
  readonly title: string;
  readonly front: "sid" | "round-robin";
  /** Flaws that the fault explains. */
  readonly explains?: RegExp;
  /** While it lasts all hosts know all clients, and say so. */
  readonly counted?: boolean;
  /** @returns names of hosts that died */
  run(site: TestSite, traffic: Traffic, settings: SoakSettings): Promise<readonly string[]>;
};

const LOSS = /^\d+ (far|farHeard): lost$/;
const DEATH = /disconnected|could not connect|ids changed|(heard|farHeard): lost/;
const NEWCOMERS = 3;

export const PHASES: Readonly<Record<PhaseName, Phase>> = {
  sid: { title: "traffic behind nginx by sid", front: "sid", counted: true, run: talk },
  "round-robin": {
    title: "traffic behind nginx in turn",
    front: "round-robin",
    counted: true,
    run: talk,
  },
  reload: {
    title: "each host reloaded in turn",
    front: "sid",
    run: async (site, traffic) => {
      await traffic.newcomers(NEWCOMERS);
      for (const { fleet } of site.hosts) await fleet.command("reload");
      await traffic.newcomers(0);
      return [];
    },
  },
  "join-leave": {
    title: "a host joins and leaves",
    front: "sid",
    run: async (site) => {
      const host = await site.launch();
      await host.fleet.ready();
      await site.complete();
      await sleep(5_000);
      await host.fleet.stop();
      await site.complete();
      site.hosts.pop();
      return [];
    },
  },
  "cut-off": {
    title: "a host cut off from Redis",
    front: "sid",
    explains: LOSS,
    run: async (site, _, { away }) => {
      const [, host] = site.hosts as [TestHost, TestHost];
      await host.route.cut();
      await sleep(away);
      await host.route.heal();
      await site.complete(60_000);
      await sleep(5_000);
      return [];
    },
  },
  "redis-stopped": {
    title: "Redis stands still",
    front: "sid",
    explains: LOSS,
    run: async (site, _, { away }) => {
      site.redis.freeze();
      await sleep(away);
      site.redis.thaw();
      await site.complete(60_000);
      await sleep(5_000);
      return [];
    },
  },
  "redis-killed": {
    title: "Redis killed, and started again empty",
    front: "sid",
    explains: LOSS,
    run: async (site, _, { away }) => {
      await site.redis.kill();
      await sleep(away / 2);
      await site.redis.start();
      await site.complete(60_000);
      await sleep(5_000);
      return [];
    },
  },
  // The last one: nobody starts that host again.
  "host-killed": {
    title: "a host killed",
    front: "sid",
    explains: DEATH,
    run: async (site) => {
      const host = site.hosts.at(-1) as TestHost;
      await host.kill();
      await site.complete(60_000);
      await sleep(5_000);
      return [host.place.name];
    },
  },
};

async function talk(
  _site: TestSite,
  _traffic: Traffic,
  { traffic }: SoakSettings,
): Promise<readonly string[]> {
  await sleep(traffic);
  return [];
}
