import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_HOSTS, MAX_SLOTS } from "../../../src/config/limits.js";
import { PROXY_KINDS, type ProxyKind, proxyConfiguration } from "../../../src/proxy/kinds.js";
import { ownersOf, type Site, standInsOf } from "../../../src/proxy/site.js";
import { sidPrefix } from "../../../src/routing/sid.js";
import { routeOf } from "./routes.js";
import { PLAIN } from "./sites.js";

const slots = fc.uniqueArray(fc.nat({ max: MAX_SLOTS - 1 }), { minLength: 1, maxLength: 12 });
const hosts = fc.uniqueArray(fc.tuple(fc.nat({ max: MAX_HOSTS - 1 }), slots, fc.boolean()), {
  minLength: 1,
  maxLength: 4,
  selector: ([number]) => number,
});

/** Any hosts with any slots, on ports or on sockets; each backend has an address of its own. */
const sites: fc.Arbitrary<Site> = hosts.map((drawn) => ({
  ...PLAIN,
  hosts: drawn.map(([number, numbers, sockets]) => ({
    number,
    backends: numbers.map((slot) => ({
      slot,
      address: sockets
        ? `unix:/run/${number}/${slot}.sock`
        : `10.1.${number >> 8}.${number & 255}:${4000 + slot}`,
    })),
  })),
}));

/** Any hosts, each with one address for its workers. */
const wholeSites: fc.Arbitrary<Site> = fc
  .uniqueArray(fc.nat({ max: MAX_HOSTS - 1 }), { minLength: 1, maxLength: 8 })
  .map((numbers) => ({
    ...PLAIN,
    hosts: numbers.map((number) => ({
      number,
      backends: [{ address: `10.1.${number >> 8}.${number & 255}:3000` }],
    })),
  }));

const rest = fc.string({ unit: fc.constantFrom(..."abcXYZ019_-"), minLength: 1, maxLength: 20 });

/** Reading so much YAML takes long. */
const runsOf = (kind: ProxyKind): { numRuns: number } => ({ numRuns: YAML.includes(kind) ? 15 : 100 });
const YAML: readonly ProxyKind[] = ["traefik", "envoy", "kubernetes"];

/** It compares beginnings only: what begins like a sid of a backend goes there, and is refused there if it is none. */
const isLoose = (kind: ProxyKind): boolean => kind === "envoy";

describe.each(PROXY_KINDS)("%s", (kind) => {
  it("brings the sids of every worker to that worker, in exactly one place", () => {
    fc.assert(
      fc.property(sites, rest, (site, end) => {
        const text = proxyConfiguration(kind, site);
        for (const owner of ownersOf(site)) {
          expect(routeOf(kind, text, owner.prefix + end)?.[0]).toBe(owner.address);
        }
      }),
      runsOf(kind),
    );
  });

  it("brings the sids of every slot to its host, where a host has one address", () => {
    fc.assert(
      fc.property(wholeSites, fc.nat({ max: MAX_SLOTS - 1 }), rest, (site, slot, end) => {
        const text = proxyConfiguration(kind, site);
        for (const { number, backends } of site.hosts) {
          const sid = sidPrefix({ host: number, slot }) + end;
          expect(routeOf(kind, text, sid)?.[0]).toBe(backends[0]?.address);
        }
      }),
      runsOf(kind),
    );
  });

  it("brings any other sid to where new sessions go", () => {
    fc.assert(
      fc.property(fc.oneof(sites, wholeSites), rest, (site, sid) => {
        const isSid = isLoose(kind) || /^[0-9a-z]{4}./.test(sid);
        const known = ownersOf(site).some(({ prefix }) => isSid && sid.startsWith(prefix));
        if (!known) expect(routeOf(kind, proxyConfiguration(kind, site), sid)).toBeUndefined();
      }),
      runsOf(kind),
    );
  });
});

describe("stand-ins for a worker that is down", () => {
  it("are others, each once, at most two, and of another host where there is one", () => {
    fc.assert(
      fc.property(sites, (site) => {
        const owners = ownersOf(site);
        for (const owner of owners) {
          const standIns = standInsOf(owner, owners);
          expect(standIns).not.toContainEqual(owner);
          expect(new Set(standIns.map(({ prefix }) => prefix)).size).toBe(standIns.length);
          expect(standIns.length).toBeLessThanOrEqual(2);
          expect(standIns.length).toBeGreaterThanOrEqual(owners.length > 1 ? 1 : 0);
          const elsewhere = standIns.some(({ host }) => host !== owner.host);
          expect(elsewhere).toBe(site.hosts.length > 1);
        }
      }),
    );
  });

  it.each(["nginx", "caddy", "apache", "envoy"] as const)("are tried behind the owner by %s", (kind) => {
    const text = proxyConfiguration(kind, PLAIN);
    expect(routeOf(kind, text, "0003abc")).toEqual(["127.0.0.1:4003", "127.0.0.1:4000", "127.0.0.1:4001"]);
  });
});
