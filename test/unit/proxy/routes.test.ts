import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_HOSTS, MAX_SLOTS } from "../../../src/config/limits.js";
import { PROXY_KINDS, proxyConfiguration } from "../../../src/proxy/kinds.js";
import { ownersOf, type Site, standInsOf } from "../../../src/proxy/site.js";
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

const rest = fc.string({ unit: fc.constantFrom(..."abcXYZ019_-"), minLength: 1, maxLength: 20 });

describe.each(PROXY_KINDS)("%s", (kind) => {
  it("brings the sids of every worker to that worker, in exactly one place", () => {
    fc.assert(
      fc.property(sites, rest, (site, end) => {
        const text = proxyConfiguration(kind, site);
        for (const owner of ownersOf(site)) {
          expect(routeOf(kind, text, owner.prefix + end)?.[0]).toBe(owner.address);
        }
      }),
    );
  });

  it("brings any other sid to where new sessions go", () => {
    fc.assert(
      fc.property(sites, rest, (site, sid) => {
        const known = ownersOf(site).some(({ prefix }) => sid.length > 4 && sid.startsWith(prefix));
        if (!known) expect(routeOf(kind, proxyConfiguration(kind, site), sid)).toBeUndefined();
      }),
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

  it.each(["nginx", "caddy", "apache"] as const)("are tried behind the owner by %s", (kind) => {
    const text = proxyConfiguration(kind, PLAIN);
    expect(routeOf(kind, text, "0003abc")).toEqual(["127.0.0.1:4003", "127.0.0.1:4000", "127.0.0.1:4001"]);
  });
});
