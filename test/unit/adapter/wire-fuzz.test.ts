/** Messages of the adapter that were damaged on the way are read as another message or refused, with no other error. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { packetsFromBody, packetsToBody } from "../../../src/adapter/packets.js";
import { roomsFromWire, targetsFromWire } from "../../../src/adapter/targets.js";
import { decodeValue, encodeValue } from "../../../src/adapter/values.js";
import {
  countsFromWire,
  decodeMessage,
  encodeMessage,
  MessageKind,
  WireError,
} from "../../../src/adapter/wire.js";
import { mutated } from "../../helpers/mutated-bytes.js";

const RUNS = { numRuns: 5000 };

/** @returns how many of the bytes were read; the others were refused */
function readAll(bytes: fc.Arbitrary<Buffer>, read: (bytes: Buffer) => unknown): number {
  let taken = 0;
  const property = fc.property(bytes, (damaged) => {
    try {
      read(damaged);
      taken += 1;
    } catch (error) {
      expect(error).toBeInstanceOf(WireError);
    }
  });
  fc.assert(property, RUNS);
  return taken;
}

function expectSomeOfEach(taken: number): void {
  expect(taken).toBeGreaterThan(RUNS.numRuns / 100);
  expect(taken).toBeLessThan(RUNS.numRuns);
}

const rooms = fc.array(fc.oneof(fc.string(), fc.integer()), { maxLength: 4 });
const options = fc.oneof(
  fc.record(
    { r: rooms, e: rooms, j: rooms, f: fc.dictionary(fc.string(), fc.boolean()) },
    { requiredKeys: [] },
  ),
  fc.object({ maxDepth: 2 }),
);
const packets = fc.array(fc.oneof(fc.string(), fc.uint8Array()), { minLength: 1, maxLength: 3 });
const value = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withTypedArray: true,
});

const message = fc
  .record({
    kind: fc.constantFrom(...Object.values(MessageKind)),
    request: fc.nat(0xffffffff),
    address: fc.constantFrom("", "/", "/chat", "1:/socket.io\n/chat"),
    options: fc.option(options, { nil: undefined }),
    body: fc.oneof(
      packets.map((list) => packetsToBody(list)),
      value.map((part) => [encodeValue(part, () => {})]),
    ),
  })
  .map(({ options: given, ...draft }) => encodeMessage({ ...draft, ...(given && { options: given }) }));

test("a damaged message is read or refused", () => {
  const taken = readAll(mutated(message), (bytes) => decodeMessage(bytes));
  expectSomeOfEach(taken);
});

test("the targets and rooms of a damaged message are sets and lists, or refused", () => {
  const taken = readAll(mutated(message), (bytes) => {
    const { options: read } = decodeMessage(bytes);
    const { rooms: to, except, flags } = targetsFromWire(read);
    // What was read is what the code behind it takes it for.
    expect([to, except].every((set) => set instanceof Set)).toBe(true);
    expect(typeof flags).toBe("object");
    expect(Array.isArray(roomsFromWire(read, "j"))).toBe(true);
  });
  expect(taken).toBeGreaterThan(0);
});

test("the packets of a damaged body are texts and bytes, or refused", () => {
  const body = packets.map((list) => Buffer.concat(packetsToBody(list)));
  const taken = readAll(mutated(body), (bytes) => {
    for (const packet of packetsFromBody(bytes))
      expect(typeof packet === "string" || Buffer.isBuffer(packet)).toBe(true);
  });
  expectSomeOfEach(taken);
});

test("a damaged value is read or refused", () => {
  const encoded = value.map((part) => encodeValue(part, () => {}));
  expectSomeOfEach(readAll(mutated(encoded), decodeValue));
});

test("counts of any length are read or refused", () => {
  expectSomeOfEach(
    readAll(
      fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      countsFromWire,
    ),
  );
});
