import fc from "fast-check";
import { expect, test } from "vitest";
import type { Place } from "../../../../src/adapter/rooms/places.js";
import { RosterParts, rosterParts } from "../../../../src/bridge/relay/roster-parts.js";

const place: fc.Arbitrary<Place> = fc.oneof(
  fc.string(),
  fc.constant(null),
  fc.integer() as unknown as fc.Arbitrary<string>,
);
const places = fc.array(fc.tuple(fc.string(), fc.uniqueArray(place)), { maxLength: 5 });

/** One line for each place at its address. */
const flat = (rosters: Iterable<readonly [string, Iterable<Place>]>): string[] =>
  [...rosters].flatMap(([address, all]) => [...all].map((one) => JSON.stringify([address, one])));

test("parts hold everything, each once, and are as short as was asked", () => {
  fc.assert(
    fc.property(places, fc.integer({ min: 1, max: 200 }), (all, limit) => {
      const parts = rosterParts(all, limit);
      expect(parts.length).toBeGreaterThan(0);
      expect(flat(parts.flat())).toEqual(flat(all));
      for (const part of parts) {
        const [last] = part.at(-1)?.[1].slice(-1) ?? [];
        const text = JSON.stringify(part).length - (JSON.stringify(last)?.length ?? 0);
        // Escapes, and the brackets around each address, are not counted.
        expect(text).toBeLessThan(6 * limit + 100 * part.length);
      }
    }),
  );
});

test("many rooms are several messages of about a mebibyte", () => {
  const rooms = Array.from({ length: 200_000 }, (_, i) => `a room with a longer name ${i}`);
  const parts = rosterParts([["/", rooms]]);
  expect(parts.length).toBeGreaterThan(4);
  for (const part of parts) expect(JSON.stringify(part).length).toBeLessThan(1.1 * 1024 * 1024);
});

test("are put together once all have come, and not without their beginning", () => {
  const parts = new RosterParts();
  const [one, two] = [[["/", ["a"]]], [["/", ["b"]]]] as [[[string, string[]]], [[string, string[]]]];
  expect(parts.add(two, { first: false, last: true })).toBeUndefined();
  expect(parts.add(one, { first: true, last: false })).toBeUndefined();
  expect(parts.add(two, { first: false, last: true })).toEqual([...one, ...two]);
  expect(parts.add(two, { first: false, last: true })).toBeUndefined();
  parts.add(one, { first: true, last: false });
  parts.drop();
  expect(parts.add(two, { first: false, last: true })).toBeUndefined();
  parts.add(one, { first: true, last: false });
  expect(parts.add(two, { first: true, last: true })).toEqual(two);
});
