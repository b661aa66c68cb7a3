import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { POLICY_NAMES } from "../../../src/config/policy-names.js";
import { createPolicy, place, slotOfCookie } from "../../../src/routing/policies.js";
import type { Candidate, Placement } from "../../../src/routing/policy.js";

const candidatesOf = (...loads: number[]): Candidate[] => loads.map((load, slot) => ({ slot, load }));

function placement(parts: Partial<Placement>): Placement {
  return {
    here: 0,
    candidates: candidatesOf(0, 0, 0),
    clientAddress: () => "",
    cookieHeader: () => "",
    ...parts,
  };
}

describe("policies", () => {
  it("all choose one of the candidates", () => {
    const candidates = fc.uniqueArray(fc.record({ slot: fc.nat(1295), load: fc.nat() }), {
      minLength: 1,
      selector: ({ slot }) => slot,
    });
    fc.assert(
      fc.property(
        fc.constantFrom(...POLICY_NAMES),
        candidates,
        fc.nat(1295),
        fc.ipV6(),
        fc.string(),
        (name, candidates, here, ip, cookie) => {
          const slot = createPolicy(name).select(
            placement({ here, candidates, clientAddress: () => ip, cookieHeader: () => cookie }),
          );
          expect(candidates.map((candidate) => candidate.slot)).toContain(slot);
        },
      ),
    );
  });

  it("stay here where nobody takes sessions", () => {
    for (const name of POLICY_NAMES)
      expect(place(createPolicy(name), placement({ here: 2, candidates: [] }))).toBe(2);
  });
});

describe("least-sessions", () => {
  it("keeps a session where it was accepted while the fleet is even", () => {
    expect(
      createPolicy("least-sessions").select(placement({ here: 1, candidates: candidatesOf(100, 105, 100) })),
    ).toBe(1);
  });

  it("gives it to the emptiest slot once this one is clearly fuller", () => {
    expect(
      createPolicy("least-sessions").select(placement({ here: 1, candidates: candidatesOf(100, 150, 90) })),
    ).toBe(2);
  });

  it("keeps 1,000 sessions within 1.2 of each other though all are accepted by one worker", () => {
    const policy = createPolicy("least-sessions");
    const loads = [0, 0, 0];
    for (let session = 0; session < 1000; session++) {
      const slot = policy.select(placement({ here: 0, candidates: candidatesOf(...loads) }));
      loads[slot] = (loads[slot] ?? 0) + 1;
    }
    expect(Math.max(...loads) / Math.min(...loads)).toBeLessThanOrEqual(1.2);
  });
});

describe("round-robin", () => {
  it("gives equal shares", () => {
    const policy = createPolicy("round-robin");
    const shares = [0, 0, 0];
    for (let session = 0; session < 300; session++) {
      const slot = policy.select(placement({ here: 1 }));
      shares[slot] = (shares[slot] ?? 0) + 1;
    }
    expect(shares).toEqual([100, 100, 100]);
  });
});

describe("ip-hash", () => {
  const policy = createPolicy("ip-hash");

  it("sends one address to one slot, whoever accepts it", () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.nat(2), fc.nat(2), (ip, hereA, hereB) => {
        const select = (here: number): number => policy.select(placement({ here, clientAddress: () => ip }));
        expect(select(hereA)).toBe(select(hereB));
      }),
    );
  });

  it("tells addresses of one /24 apart", () => {
    const slots = new Set(
      Array.from({ length: 64 }, (_, last) =>
        policy.select(placement({ clientAddress: () => `10.0.0.${last}` })),
      ),
    );
    expect(slots.size).toBe(3);
  });

  it("moves only the clients of a slot that goes", () => {
    for (let client = 0; client < 200; client++) {
      const clientAddress = (): string => `192.0.2.${client}`;
      const before = policy.select(placement({ clientAddress }));
      const after = policy.select(placement({ clientAddress, candidates: candidatesOf(0, 0) }));
      if (before !== 2) expect(after).toBe(before);
    }
  });
});

describe("cookie", () => {
  it("brings a browser back to its slot, and only while that slot lives", () => {
    const policy = createPolicy("cookie");
    expect(policy.select(placement({ here: 0, cookieHeader: () => "a=b; holdfast=2" }))).toBe(2);
    expect(policy.select(placement({ here: 0, cookieHeader: () => "holdfast=7" }))).toBe(0);
  });

  it.each([
    ["holdfast=3", 3],
    ["x=1; holdfast=12; y=2", 12],
    ["xholdfast=3", undefined],
    ["holdfast=abc", undefined],
    ["holdfast=99999", undefined],
    ["", undefined],
  ])("reads %j", (header, slot) => {
    expect(slotOfCookie(header)).toBe(slot);
  });
});
