import { describe, expect, it } from "vitest";
import {
  type LibraryNetworkOptions,
  libraryNetwork,
} from "../../../../src/worker/library/network-settings.js";

const DEFAULTS = { policy: "least-sessions", trustProxy: [], trustHeader: "auto", proxyProtocol: false };

describe("the library form", () => {
  it("trusts nobody where neither the code nor the environment says so", () => {
    expect(libraryNetwork({}, {})).toEqual(DEFAULTS);
    expect(libraryNetwork({}, { HOLDFAST_TRUST_PROXY: "", HOLDFAST_POLICY: "" })).toEqual(DEFAULTS);
  });

  it("takes the environment where the code says nothing", () => {
    const env = {
      HOLDFAST_POLICY: "ip-hash",
      HOLDFAST_TRUST_PROXY: "loopback, 10.0.0.0/8",
      HOLDFAST_TRUST_HEADER: "Forwarded",
      HOLDFAST_PROXY_PROTOCOL: "on",
    };
    const taken = {
      policy: "ip-hash",
      trustProxy: ["loopback", "10.0.0.0/8"],
      trustHeader: "forwarded",
      proxyProtocol: true,
    };
    expect(libraryNetwork({}, env)).toEqual(taken);
    const said = { policy: "cookie", trustProxy: 2, trustHeader: "auto", proxyProtocol: false } as const;
    expect(libraryNetwork(said, env)).toEqual(said);
  });

  it.each<[LibraryNetworkOptions | object, NodeJS.ProcessEnv, string]>([
    [
      { policy: "fair" },
      {},
      'holdfast(io, { policy }) must be "least-sessions", "round-robin", "ip-hash" or "cookie", but is "fair"',
    ],
    [{ trustProxy: ["10.0.0.0/99"] }, {}, "holdfast(io, { trustProxy }) must be IP addresses"],
    [{ trustHeader: "via" }, {}, "holdfast(io, { trustHeader }) must be"],
    [{ proxyProtocol: "yes" }, {}, "holdfast(io, { proxyProtocol }) must be true or false"],
    [
      {},
      { HOLDFAST_TRUST_PROXY: "everyone" },
      'but is "everyone". Write, for example, ["loopback","10.0.0.0/8"]',
    ],
    [
      {},
      { HOLDFAST_PROXY_PROTOCOL: "true" },
      "HOLDFAST_PROXY_PROTOCOL believes the proxies that are trusted, and none is.",
    ],
    [
      { proxyProtocol: true, trustProxy: 0 },
      {},
      "holdfast(io, { proxyProtocol }) believes the proxies that are trusted",
    ],
  ])("refuses %j with %j in one sentence", (options, env, sentence) => {
    expect(() => libraryNetwork(options, env)).toThrow(sentence);
  });
});
