import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ClaimView, chooseNumber } from "../../../src/bridge/membership/numbers.js";
import { HOST_NUMBERS, type HostRecord, writeRecord } from "../../../src/bridge/membership/record.js";
import { preferredNumber } from "../../../src/bridge/redis/channels.js";

const text = (host: number, token: string) =>
  writeRecord({
    ...{ host, beat: 1, token, epoch: 1, fleet: "chat", address: "10.0.0.1" },
    ...{ port: 7600, workers: 2, sessions: 0, version: "0.1.0" },
  } satisfies HostRecord);
const view = (given: Partial<ClaimView>): ClaimView => ({
  ...{
    wanted: undefined,
    preferred: 5,
    token: "mine",
    fields: new Map(),
    stale: new Map(),
    alive: new Set(),
  },
  ...given,
});

describe("the number that is claimed", () => {
  it("is the preferred one, else the next that is free", () => {
    expect(chooseNumber(view({}))).toEqual({ do: "claim", host: 5, over: null });
    const fields = new Map([5, 6].map((host) => [host, text(host, "other")]));
    expect(chooseNumber(view({ fields }))).toEqual({ do: "claim", host: 7, over: null });
    const last = new Map([[1295, text(1295, "other")]]);
    expect(chooseNumber(view({ fields: last, preferred: 1295 }))).toEqual({
      do: "claim",
      host: 0,
      over: null,
    });
  });

  it("is its own where that still stands", () => {
    const own = text(9, "mine");
    expect(chooseNumber(view({ fields: new Map([[9, own]]) }))).toEqual({ do: "claim", host: 9, over: own });
    expect(chooseNumber(view({ fields: new Map([[9, own]]), wanted: 9 }))).toEqual({
      do: "claim",
      host: 9,
      over: own,
    });
  });

  it("is that of a host that is gone only where it is wanted, or none is free", () => {
    const gone = text(5, "gone");
    const fields = new Map([[5, gone]]);
    expect(chooseNumber(view({ fields, stale: fields }))).toEqual({ do: "claim", host: 6, over: null });
    expect(chooseNumber(view({ fields, stale: fields, wanted: 5 }))).toEqual({
      do: "claim",
      host: 5,
      over: gone,
    });
    const full = new Map(Array.from({ length: HOST_NUMBERS }, (_, host) => [host, text(host, "other")]));
    expect(chooseNumber(view({ fields: full }))).toEqual({
      do: "wait",
      why: "all 1296 host numbers are taken",
    });
    const stale = new Map([[40, full.get(40) as string]]);
    expect(chooseNumber(view({ fields: full, stale }))).toEqual({
      do: "claim",
      host: 40,
      over: stale.get(40),
    });
  });

  it("that is wanted is waited for until it is known whether its holder lives", () => {
    const fields = new Map([[5, text(5, "other")]]);
    expect(chooseNumber(view({ fields, wanted: 5 }))).toMatchObject({ do: "wait" });
    expect(chooseNumber(view({ fields, wanted: 5, alive: new Set([5]) }))).toMatchObject({
      do: "refuse",
      holder: { host: 5, token: "other" },
    });
    expect(chooseNumber(view({ fields: new Map([[5, "{"]]), wanted: 5 }))).toMatchObject({ do: "wait" });
  });

  it("never is one where somebody else's record stands that is not known to be stale", () => {
    const hosts = fc.uniqueArray(fc.integer({ min: 0, max: 20 }));
    fc.assert(
      fc.property(
        hosts,
        hosts,
        fc.option(fc.integer({ min: 0, max: 20 }), { nil: undefined }),
        (taken, old, wanted) => {
          const fields = new Map(taken.map((host) => [host, text(host, "other")]));
          const stale = new Map(old.map((host) => [host, text(host, "other")]));
          const claim = chooseNumber(view({ fields, stale, wanted, preferred: 3 }));
          if (claim.do !== "claim") return;
          if (fields.has(claim.host)) expect(claim.over).toBe(stale.get(claim.host));
          else expect(claim.over).toBeNull();
          if (wanted !== undefined) expect(claim.host).toBe(wanted);
        },
      ),
    );
  });

  it("is another one for each of many hosts that look at the same moment and claim one after the other", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: HOST_NUMBERS - 1 }), { maxLength: 30 }),
        (preferences) => {
          const redis = new Map<number, string>();
          let waiting = preferences.map((preferred, index) => ({ preferred, token: `token-${index}` }));
          const numbers: number[] = [];
          while (waiting.length > 0) {
            const seen = new Map(redis);
            waiting = waiting.filter(({ preferred, token }) => {
              const claim = chooseNumber(view({ preferred, token, fields: seen }));
              if (claim.do !== "claim" || redis.has(claim.host)) return true;
              redis.set(claim.host, text(claim.host, token));
              numbers.push(claim.host);
              return false;
            });
          }
          expect(new Set(numbers).size).toBe(preferences.length);
        },
      ),
    );
  });

  it("is preferred by name and address, the same each time", () => {
    expect(preferredNumber("chat", "10.0.0.1:7600", HOST_NUMBERS)).toBe(
      preferredNumber("chat", "10.0.0.1:7600", HOST_NUMBERS),
    );
    const many = Array.from({ length: 30 }, (_, index) =>
      preferredNumber("chat", `10.0.0.${index}:7600`, HOST_NUMBERS),
    );
    expect(new Set(many).size).toBeGreaterThan(25);
    expect(many.every((number) => number >= 0 && number < HOST_NUMBERS)).toBe(true);
  });
});
