import { createRequire } from "node:module";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TrustHeader, TrustProxy } from "../../../src/config/trust-proxy.js";
import { type ForwardingHeaders, namedHops, walk } from "../../../src/routing/client-address.js";
import { compileTrust } from "../../../src/routing/trust.js";

function clientOf(
  peer: string | undefined,
  headers: ForwardingHeaders,
  trust: TrustProxy,
  read: TrustHeader = "auto",
): string | undefined {
  return walk([{ address: peer }], namedHops(headers, read), compileTrust(trust))?.address;
}

describe("the client", () => {
  it.each<[string, string, string, TrustProxy]>([
    ["is the peer where nobody is trusted", "127.0.0.1", "127.0.0.1", []],
    ["is what a trusted proxy wrote", "127.0.0.1", "203.0.113.9", ["loopback"]],
    ["is the same behind a peer that is IPv4 in IPv6", "::ffff:127.0.0.1", "203.0.113.9", ["loopback"]],
    ["is found behind every trusted hop", "127.0.0.1", "10.9.9.9", ["loopback", "203.0.113.0/24"]],
    ["is found behind one hop", "192.0.2.1", "203.0.113.9", 1],
    ["is found behind two hops", "192.0.2.1", "10.9.9.9", 2],
    ["is the last one where there are fewer hops", "192.0.2.1", "10.9.9.9", 7],
    ["is the peer behind no hop", "192.0.2.1", "192.0.2.1", 0],
    ["is the farthest where every hop is trusted", "192.0.2.1", "10.9.9.9", true],
    ["is the peer where none is", "192.0.2.1", "192.0.2.1", false],
  ])("%s", (_title, peer, client, trust) => {
    expect(clientOf(peer, { "x-forwarded-for": "10.9.9.9, 203.0.113.9" }, trust)).toBe(client);
  });

  it("is not what it wrote itself in front of what a proxy wrote", () => {
    const forged = { "x-forwarded-for": "127.0.0.1, 10.9.9.9, 203.0.113.9" };
    expect(clientOf("127.0.0.1", forged, ["loopback"])).toBe("203.0.113.9");
  });

  it.each([
    "unknown",
    "_hidden",
    "",
    ",",
    "203.0.113.300",
    "0x7f.1",
    "1",
    "example.com",
    '"',
    "[203.0.113.9]",
  ])("is the proxy that said %j: it did not say who it is", (said) => {
    expect(clientOf("127.0.0.1", { "x-forwarded-for": `10.9.9.9, ${said}` }, ["loopback"])).toBe(
      said === "" || said === "," ? "10.9.9.9" : "127.0.0.1",
    );
  });

  it("has no address on a Unix socket, and is believed there only by name, by count or with everyone", () => {
    const headers = { "x-forwarded-for": "203.0.113.9" };
    expect(clientOf(undefined, headers, ["loopback"])).toBeUndefined();
    for (const trust of [["unix"], 1, true]) expect(clientOf(undefined, headers, trust)).toBe("203.0.113.9");
    expect(clientOf("127.0.0.1", headers, ["unix"])).toBe("127.0.0.1");
  });

  it("is whom the PROXY header named, and behind it whom a header names if that one is trusted too", () => {
    const stated = [{ address: "127.0.0.1" }, { address: "10.0.0.7", port: 4711 }];
    const named = (): ReturnType<typeof namedHops> => namedHops({ "x-forwarded-for": "203.0.113.9" }, "auto");
    expect(walk(stated, named(), compileTrust(["loopback"]))).toBe(stated[1]);
    expect(walk(stated, named(), compileTrust(1))).toBe(stated[1]);
    expect(walk(stated, named(), compileTrust(2))?.address).toBe("203.0.113.9");
    expect(walk(stated, named(), compileTrust(["loopback", "10.0.0.0/8"]))?.address).toBe("203.0.113.9");
  });

  it("that came to the proxy by a Unix socket is not believed in what it says of another", () => {
    const stated = [{ address: "127.0.0.1" }, { address: undefined }];
    const named = namedHops({ "x-forwarded-for": "203.0.113.9" }, "auto");
    expect(walk(stated, named, compileTrust(["loopback"]))).toBe(stated[0]);
  });

  it("is, for any chain of addresses, the one that Express finds", () => {
    fc.assert(
      fc.property(address(), fc.array(address(), { maxLength: 5 }), trustWords(), (peer, hops, trust) => {
        const expected = ipOfExpress(peer, hops.join(", "), trust);
        expect(clientOf(peer, hops.length === 0 ? {} : { "x-forwarded-for": hops.join(", ") }, trust)).toBe(
          expected,
        );
      }),
      { numRuns: 1000 },
    );
  });

  it("is, whatever stands in the headers, the peer or an address that stands there", () => {
    const junk = fc.oneof(
      fc.string(),
      address(),
      fc.constantFrom(",", '"', "for=", ";", "[", "unknown", "\\"),
    );
    const text = fc.array(junk, { maxLength: 8 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(
        text,
        text,
        trustWords(),
        fc.constantFrom("auto", "forwarded"),
        (xff, forwarded, trust, read) => {
          const client = clientOf(
            "127.0.0.1",
            { "x-forwarded-for": xff, forwarded },
            trust,
            read as TrustHeader,
          );
          expect(client).toMatch(/^[\da-f.:]+$/);
        },
      ),
    );
  });
});

describe("of the two headers", () => {
  const both = { "x-forwarded-for": "203.0.113.9", forwarded: "for=198.51.100.7" };
  const { forwarded } = both;

  it.each<[TrustHeader, ForwardingHeaders, string]>([
    ["auto", both, "203.0.113.9"],
    ["auto", { forwarded }, "198.51.100.7"],
    ["x-forwarded-for", both, "203.0.113.9"],
    ["x-forwarded-for", { forwarded }, "127.0.0.1"],
    ["forwarded", both, "198.51.100.7"],
    ["forwarded", { "x-forwarded-for": "203.0.113.9" }, "127.0.0.1"],
  ])("%s reads one of %j", (read, headers, client) => {
    expect(clientOf("127.0.0.1", headers, ["loopback"], read)).toBe(client);
  });

  it("X-Forwarded-For counts even where it is empty: a proxy that writes it was there", () => {
    expect(clientOf("127.0.0.1", { "x-forwarded-for": "", forwarded }, ["loopback"])).toBe("127.0.0.1");
  });
});

/** Few, so that chains meet the networks that are trusted. As Express shows them. */
function address(): fc.Arbitrary<string> {
  return fc.oneof(
    fc.constantFrom("127.0.0.1", "10.0.0.1", "10.1.0.1", "192.168.1.1", "169.254.3.4", "203.0.113.9"),
    fc.constantFrom("::1", "fe80::1", "fc00::2", "2001:db8::1", "2001:db8:1::1"),
    fc.ipV4(),
  );
}

function trustWords(): fc.Arbitrary<TrustProxy> {
  const entry = fc.constantFrom(
    ...[
      "loopback",
      "linklocal",
      "uniquelocal",
      "10.0.0.0/16",
      "203.0.113.9",
      "2001:db8::/48",
      "2001:db8:1::1",
    ],
    ...["::ffff:10.0.0.0/112", "::/8"],
  );
  return fc.oneof(fc.boolean(), fc.integer({ min: 0, max: 6 }), fc.array(entry, { maxLength: 4 }));
}

const express = createRequire(import.meta.url)("express") as () => ExpressApp;
type ExpressApp = { request: object; set(key: string, value: unknown): void };

function ipOfExpress(peer: string, forwardedFor: string, trust: TrustProxy): string {
  const app = express();
  app.set("trust proxy", trust);
  const socket = { remoteAddress: peer };
  const headers = forwardedFor === "" ? {} : { "x-forwarded-for": forwardedFor };
  const request = Object.assign(Object.create(app.request), { app, headers, socket, connection: socket });
  return (request as { ip: string }).ip;
}
