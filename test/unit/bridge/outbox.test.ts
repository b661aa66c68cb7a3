import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ahead,
  decodeHead,
  encodeFrame,
  encodeMark,
  FrameKind,
  later,
  marksOf,
  payloadsOf,
} from "../../../src/bridge/redis/frames.js";
import { EVERYBODY, Outbox } from "../../../src/bridge/redis/outbox.js";

const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const host = fc.integer({ min: 0, max: 1295 });
const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
const head = fc.record({
  kind: fc.constantFrom(FrameKind.DIRECT, FrameKind.ALL),
  host,
  epoch: u32,
  sequence: u32,
});

describe("frames", () => {
  it("give back what was put in", () => {
    fc.assert(
      fc.property(head, fc.array(bytes), (is, payloads) => {
        const frame = encodeFrame(is, payloads);
        expect(decodeHead(frame)).toEqual(is);
        expect(payloadsOf(frame)).toEqual(payloads);
      }),
    );
  });

  it("give back whom the sender hears", () => {
    const entry = fc.record({ host, epoch: u32, sequence: u32 });
    fc.assert(
      fc.property(head, fc.array(entry), (is, entries) => {
        expect(marksOf(encodeMark({ ...is, kind: FrameKind.MARK }, entries))).toEqual(entries);
      }),
    );
  });

  it("of any bytes are read without an exception", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (array) => {
        const frame = Buffer.from(array);
        decodeHead(frame);
        for (const payload of payloadsOf(frame) ?? []) expect(payload.length).toBeLessThan(frame.length);
        marksOf(frame);
      }),
    );
  });

  it("count on after 2^32 messages", () => {
    expect(later(2 ** 32 - 1)).toBe(0);
    expect(ahead(later(2 ** 32 - 1, 3), 2 ** 32 - 1)).toBe(3);
    expect(ahead(2 ** 32 - 2, 1)).toBe(-3);
  });
});

describe("the outbox", () => {
  const sends = fc.array(
    fc.record({
      target: fc.constantFrom(EVERYBODY, 1, 2),
      size: fc.integer({ min: 0, max: 90_000 }),
      skips: fc.boolean(),
    }),
    { maxLength: 60 },
  );

  it("gives out every message once, in order for each receiver, and numbers that follow each other within a batch", () => {
    fc.assert(
      fc.property(sends, fc.integer({ min: 1, max: 500_000 }), (messages, budget) => {
        const outbox = new Outbox(2 ** 40);
        const next = new Map<number, number>();
        const sent: { target: number; sequence: number }[] = [];
        for (const { target, size, skips } of messages) {
          const sequence = (next.get(target) ?? 0) + (skips ? 1 : 0);
          next.set(target, sequence + 1);
          sent.push({ target, sequence });
          outbox.push(target, sequence, Buffer.alloc(size));
        }
        const taken: { target: number; sequence: number }[] = [];
        while (!outbox.empty)
          for (const { target, sequence, payloads } of outbox.take(budget))
            for (const index of payloads.keys()) taken.push({ target, sequence: sequence + index });
        for (const receiver of [1, 2]) {
          const isFor = ({ target }: { target: number }) => target === receiver || target === EVERYBODY;
          expect(taken.filter(isFor)).toEqual(sent.filter(isFor));
        }
        expect(taken).toHaveLength(sent.length);
        expect(outbox.queuedBytes).toBe(0);
      }),
    );
  });

  it("messages of one turn to one target leave with one command", () => {
    const outbox = new Outbox(2 ** 40);
    for (let index = 0; index < 50; index++) outbox.push(1 + (index % 2), index >> 1, Buffer.from("x"));
    expect(outbox.take(2 ** 20).map(({ target, payloads }) => [target, payloads.length])).toEqual([
      [1, 25],
      [2, 25],
    ]);
  });

  it("drops volatile messages from half of the limit on, and all from the limit on until less than half waits", () => {
    const outbox = new Outbox(10_000);
    const block = Buffer.alloc(1000 - 64);
    for (let index = 0; index < 5; index++) outbox.push(1, index, block);
    expect([outbox.admit(0, true), outbox.admit(0, false)]).toEqual(["volatile", "fits"]);
    expect(outbox.admit(5000, false)).toBe("overflow");
    expect(outbox.admit(0, false)).toBe("overflow");
    outbox.take(1);
    expect(outbox.admit(0, false)).toBe("fits");
  });

  it("bounds empty messages as well", () => {
    const outbox = new Outbox(6400);
    let count = 0;
    while (outbox.admit(0, false) === "fits" && count < 1000) outbox.push(1, count++, Buffer.alloc(0));
    expect(count).toBe(100);
  });
});
