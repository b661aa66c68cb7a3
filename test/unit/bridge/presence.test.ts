import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  forgive,
  forgottenIn,
  livingIn,
  newPresence,
  observe,
  type Presence,
  staleIn,
  without,
} from "../../../src/bridge/membership/presence.js";
import { fieldsOf, type HostRecord, readRecord, writeRecord } from "../../../src/bridge/membership/record.js";

const LEASE = 1000;
const BEAT = 250;

const record = (host: number, beat: number, token = `token-${host}`, epoch = 1): HostRecord => ({
  ...{ host, beat, token, epoch },
  ...{ fleet: "chat", address: "10.0.0.1", port: 7600, workers: 2, sessions: 0, version: "0.1.0" },
});
const fields = (...records: HostRecord[]) => new Map(records.map((one) => [one.host, writeRecord(one)]));
const looks = (presence: Presence, count: number, what: ReadonlyMap<number, string>, elapsed = BEAT) =>
  Array.from({ length: count }).reduce<Presence>((now) => observe(now, what, elapsed), presence);
const numbers = (presence: Presence) => [...livingIn(presence).keys()];

describe("who lives", () => {
  const start = observe(newPresence(LEASE, BEAT), fields(record(1, 1), record(2, 1)), 0);

  it("is whoever's beat has changed within a lease", () => {
    const later = looks(start, 3, fields(record(1, 2), record(2, 1)));
    expect(numbers(later)).toEqual([1, 2]);
    const over = looks(later, 1, fields(record(1, 2), record(2, 1)));
    expect(numbers(over)).toEqual([1]);
    expect([...staleIn(over).keys()]).toEqual([2]);
    expect(numbers(looks(over, 1, fields(record(1, 3), record(2, 2))))).toEqual([1, 2]);
  });

  it("is not decided by time in which the observer saw nothing", () => {
    expect(numbers(observe(start, fields(record(1, 1), record(2, 1)), 60_000))).toEqual([1, 2]);
    expect(numbers(looks(start, 2, fields(record(1, 1), record(2, 1)), 60_000))).toEqual([]);
  });

  it("stays who it is for a lease when Redis has lost its data", () => {
    expect(numbers(looks(start, 3, new Map()))).toEqual([1, 2]);
    expect(numbers(looks(start, 4, new Map()))).toEqual([]);
    expect(staleIn(looks(start, 4, new Map())).size).toBe(0);
  });

  it("is not told by a record from a backup, whose beat is older", () => {
    const now = observe(start, fields(record(1, 50)), BEAT);
    const over = [49, 48, 47, 46].reduce((last, beat) => observe(last, fields(record(1, beat)), BEAT), now);
    expect(numbers(over)).not.toContain(1);
  });

  it("begins anew with another life on the same number", () => {
    const silent = looks(start, 3, fields(record(1, 1), record(2, 1)));
    const next = looks(silent, 3, fields(record(1, 1, "another"), record(2, 1, "token-2", 9)));
    expect([...livingIn(next).values()].map(({ token, epoch }) => [token, epoch])).toEqual([
      ["another", 1],
      ["token-2", 9],
    ]);
  });

  it("has a whole lease again after the connection was away; who was gone stays gone", () => {
    const silent = looks(start, 3, fields(record(1, 1), record(2, 1)));
    expect(numbers(looks(forgive(silent), 3, fields(record(1, 1), record(2, 1))))).toEqual([1, 2]);
    const over = looks(start, 4, fields(record(1, 1), record(2, 1)));
    expect(numbers(forgive(over))).toEqual([]);
  });

  it("is nobody who has said goodbye", () => {
    expect(numbers(without(start, 1))).toEqual([2]);
  });

  it("is nobody whose record cannot be read; after a lease its number may be taken", () => {
    const odd = new Map([[3, "{"]]);
    const now = looks(observe(newPresence(LEASE, BEAT), odd, 0), 4, odd);
    expect(numbers(now)).toEqual([]);
    expect(staleIn(now)).toEqual(odd);
  });

  it("is forgotten after many leases only", () => {
    const what = fields(record(1, 1));
    expect(forgottenIn(looks(start, 39, what), 10).size).toBe(0);
    expect(forgottenIn(looks(start, 40, what), 10)).toEqual(what);
  });

  it("a host that beats at least every second look is never taken for gone, however long each look takes", () => {
    const look = fc.record({
      elapsed: fc.integer({ min: 0, max: 100_000 }),
      beats: fc.boolean(),
      isThere: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(look, { maxLength: 80 }), (all) => {
        let presence = observe(newPresence(LEASE, BEAT), fields(record(1, 1)), 0);
        let beat = 1;
        let missed = 0;
        for (const { elapsed, beats, isThere } of all) {
          missed = beats && isThere ? 0 : missed + 1;
          if (missed > 1) missed = 0;
          if (missed === 0) beat += 1;
          const seen = missed === 0 || isThere ? fields(record(1, beat)) : new Map<number, string>();
          presence = observe(presence, seen, elapsed);
          expect(numbers(presence)).toEqual([1]);
        }
      }),
    );
  });

  it("a host that never beats again is gone after as many looks as fit a lease, not before", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 2000 }), { minLength: 30, maxLength: 30 }), (all) => {
        let presence = observe(newPresence(LEASE, BEAT), fields(record(1, 1)), 0);
        let counted = 0;
        for (const elapsed of all) {
          presence = observe(presence, fields(record(1, 1)), elapsed);
          counted += Math.min(elapsed, 2 * BEAT);
          expect(numbers(presence)).toEqual(counted >= LEASE ? [] : [1]);
        }
      }),
    );
  });
});

describe("records", () => {
  it("are read as they were written, and nothing else is", () => {
    expect(readRecord(7, writeRecord(record(7, 3)))).toEqual(record(7, 3));
    expect(readRecord(8, writeRecord(record(7, 3)))).toBeUndefined();
    for (const text of ["", "null", "[]", "7", '{"host":7}', writeRecord({ ...record(7, 3), beat: -1 })])
      expect(readRecord(7, text)).toBeUndefined();
    fc.assert(fc.property(fc.json(), (text) => readRecord(7, text) === undefined));
  });

  it("stand in fields that are numbers of hosts", () => {
    expect(fieldsOf(["0", "a", "1296", "b", "-1", "c", "x", "d", "1295", "e"])).toEqual(
      new Map([
        [0, "a"],
        [1295, "e"],
      ]),
    );
  });
});
