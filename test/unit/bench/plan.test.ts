import { describe, expect, it } from "vitest";
import { endpointOf } from "../../../bench/load/endpoint.js";
import { share } from "../../../bench/load/load-client.js";
import { planTurns } from "../../../bench/measure/plan.js";
import { VARIANT_NAMES } from "../../../bench/servers/variant.js";

describe("plan of turns", () => {
  it("gives every variant one turn a round", () => {
    const turns = planTurns(3, VARIANT_NAMES);
    for (const round of [0, 1, 2]) {
      const names = turns.filter((turn) => turn.round === round).map(({ variant }) => variant);
      expect([...names].sort()).toEqual([...VARIANT_NAMES].sort());
    }
  });

  it("begins each of five rounds with another variant", () => {
    const turns = planTurns(VARIANT_NAMES.length, VARIANT_NAMES);
    const firsts = turns.filter((_, index) => index % VARIANT_NAMES.length === 0);
    expect(new Set(firsts.map(({ variant }) => variant)).size).toBe(VARIANT_NAMES.length);
  });
});

describe("spread of sessions by the load client", () => {
  it("goes to every port as often as to the others", () => {
    const ports = Array.from({ length: 800 }, (_, session) => endpointOf(session, [1, 2, 3, 4]).port);
    for (const port of [1, 2, 3, 4]) expect(ports.filter((other) => other === port)).toHaveLength(200);
  });

  it("comes from networks that ip_hash can tell apart", () => {
    const networks = Array.from({ length: 30_000 }, (_, session) => {
      const { localAddress } = endpointOf(session, [1]);
      expect(localAddress).toMatch(/^127\.(\d{1,3})\.(\d{1,3})\.1$/);
      return localAddress;
    });
    expect(new Set(networks).size).toBe(networks.length);
  });

  it("leaves nothing over when threads share a number", () => {
    expect(share(7, 3)).toEqual([3, 2, 2]);
    expect(share(1, 2)).toEqual([1, 0]);
  });
});
