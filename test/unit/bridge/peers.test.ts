import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { HostRecord } from "../../../src/bridge/membership/record.js";
import { Peers } from "../../../src/bridge/peers/peers.js";
import { encodeFrame, encodeMark, FrameKind, type MarkEntry } from "../../../src/bridge/redis/frames.js";
import { mutated } from "../../helpers/mutated-bytes.js";

const US = { host: 1, epoch: 11 };
const THEM = { host: 2, epoch: 22 };
const record = (beat: number, given: Partial<HostRecord> = {}): HostRecord => ({
  ...{ ...THEM, beat, token: "them", fleet: "chat", address: "10.0.0.2" },
  ...{ port: 7600, workers: 2, sessions: 0, version: "0.1.0", ...given },
});

/** The peers of one host, and all that they ask for and tell, as text. */
function setUp() {
  const told: string[] = [];
  const counters = {
    ...{ published: 0, publishedBytes: 0, received: 0, receivedBytes: 0, gaps: 0 },
    dropped: { volatile: 0, overflow: 0, underWay: 0, tooLarge: 0 },
  };
  const peers = new Peers({
    self: US,
    counters,
    handlers: {
      message: ({ host }, payload) => told.push(`${host}: ${payload}`),
      hostUp: ({ host }) => told.push(`up ${host}`),
      hostDown: ({ host }) => told.push(`down ${host}`),
      hostChanged: ({ host }) => told.push(`changed ${host}`),
      lost: ({ host }) => told.push(`lost ${host}`),
    },
    listen: (host) => told.push(`listen ${host}`),
    forget: (host) => told.push(`forget ${host}`),
    markSoon: () => {},
    lookSoon: () => told.push("look"),
    left: (host) => told.push(`left ${host}`),
  });
  const clear = () => told.splice(0);
  return { peers, told, counters, clear };
}

const mark = (toAll: number, toUs: number | undefined, who = THEM) => {
  const entries: MarkEntry[] = [{ host: 9, epoch: 99, sequence: 5 }];
  if (toUs !== undefined) entries.push({ ...US, sequence: toUs });
  return encodeMark({ kind: FrameKind.MARK, ...who, sequence: toAll }, entries);
};
const row = (kind: 1 | 2, sequence: number, ...words: string[]) =>
  encodeFrame(
    { kind, ...THEM, sequence },
    words.map((word) => Buffer.from(word)),
  );

function meet() {
  const all = setUp();
  all.peers.living(new Map([[2, record(1)]]));
  all.peers.heard(2);
  all.peers.frame(mark(10, 100));
  expect(all.told).toEqual(["listen 2", "up 2"]);
  all.clear();
  return all;
}

describe("another host", () => {
  it("is up when we hear it and it says that it hears us, not before", () => {
    const { peers, told } = setUp();
    peers.living(new Map([[2, record(1)]]));
    peers.frame(mark(10, 100));
    peers.heard(2);
    peers.frame(row(FrameKind.ALL, 10, "too early"));
    peers.frame(mark(11, undefined));
    expect([told, peers.hosts, peers.settled]).toEqual([["listen 2"], [], false]);
    peers.frame(mark(11, 100));
    expect(told.at(-1)).toBe("up 2");
    expect(peers.settled).toBe(true);
    expect(peers.marks()).toEqual([{ ...THEM, sequence: 0 }]);
  });

  it("is down when it does not hear us any more, and up again when it does", () => {
    const { peers, told } = meet();
    peers.frame(mark(10, undefined));
    peers.frame(row(FrameKind.ALL, 10, "not for us"));
    peers.frame(mark(15, 100));
    peers.frame(row(FrameKind.ALL, 15, "for us"));
    expect(told).toEqual(["down 2", "up 2", "2: for us"]);
  });

  it("that leaves, dies, or lives anew is down, and not heard any more", () => {
    const leave = encodeFrame({ kind: FrameKind.LEAVE, ...THEM, sequence: 10 });
    const ends = [
      (peers: Peers) => peers.frame(leave),
      (peers: Peers) => peers.living(new Map()),
      (peers: Peers) => peers.living(new Map([[2, record(2, { token: "another" })]])),
      (peers: Peers) => peers.living(new Map([[2, record(2, { epoch: 23 })]])),
    ];
    for (const end of ends) {
      const { peers, told } = meet();
      end(peers);
      expect(told.filter((line) => !line.startsWith("le") && !line.startsWith("listen"))).toEqual([
        "forget 2",
        "down 2",
      ]);
      peers.frame(row(FrameKind.ALL, 10, "too late"));
      expect(told.at(-1)).not.toBe("2: too late");
      expect(peers.hosts).toEqual([]);
    }
  });

  it("of another life than the one in Redis is looked for, and not listened to", () => {
    const { peers, told } = meet();
    peers.frame(mark(0, 0, { host: 2, epoch: 23 }));
    peers.frame(encodeFrame({ kind: FrameKind.POKE, host: 5, epoch: 55, sequence: 0 }));
    expect(told).toEqual(["look", "look"]);
  });

  it("that says something new keeps its place; the same beat again says nothing", () => {
    const { peers, told } = meet();
    const before = peers.hosts;
    peers.living(new Map([[2, record(2)]]));
    expect(peers.hosts).toBe(before);
    peers.living(new Map([[2, record(3, { sessions: 9 })]]));
    peers.living(new Map([[2, record(3, { sessions: 9 })]]));
    expect(told).toEqual(["changed 2"]);
    expect(peers.hosts[0]?.sessions).toBe(9);
    expect(peers.find(before[0] ?? peers.hosts[0] ?? record(0))?.host).toBe(peers.hosts[0]);
  });

  it("whose beats are seen while nothing of it is heard is noticed", () => {
    const { peers } = meet();
    for (let beat = 2; beat < 7; beat++) peers.living(new Map([[2, record(beat)]]));
    expect(peers.longestUnheard).toBe(5);
    peers.frame(mark(10, 100));
    expect(peers.longestUnheard).toBe(0);
  });
});

describe("messages of another host", () => {
  it("that are missing are told before the next one, or by its next mark", () => {
    const { peers, told, counters } = meet();
    peers.frame(row(FrameKind.ALL, 10, "a", "b"));
    peers.frame(row(FrameKind.ALL, 13, "d"));
    peers.frame(row(FrameKind.DIRECT, 100, "e"));
    peers.frame(mark(14, 102));
    peers.frame(mark(14, 102));
    peers.frame(row(FrameKind.DIRECT, 102, "g"));
    expect(told).toEqual(["2: a", "2: b", "lost 2", "2: d", "2: e", "lost 2", "2: g"]);
    expect(counters).toMatchObject({ received: 5, receivedBytes: 5, gaps: 2 });
  });

  it("may be missing after the channels were subscribed to again", () => {
    const { peers, told } = meet();
    peers.heard(2);
    expect(told).toEqual(["lost 2"]);
  });

  it("arrive in order and at most once, and each that is missing is told, whatever gets lost or comes twice", () => {
    const step = fc.record({
      kind: fc.constantFrom("all", "direct", "mark"),
      count: fc.integer({ min: 1, max: 4 }),
      fate: fc.constantFrom("arrives", "arrives", "arrives", "lost", "twice", "again-later"),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const { peers, told } = meet();
        let toAll = 10;
        let toUs = 100;
        let last = 0;
        const late: Buffer[] = [];
        for (const { kind, count, fate } of [...steps, { kind: "mark", count: 1, fate: "arrives" }]) {
          const words = Array.from({ length: count }, (_, index) => `${last + index + 1}`);
          let frame = mark(toAll, toUs);
          if (kind === "all") frame = row(FrameKind.ALL, toAll, ...words);
          if (kind === "direct") frame = row(FrameKind.DIRECT, toUs, ...words);
          if (kind === "all") toAll += count;
          if (kind === "direct") toUs += count;
          if (kind !== "mark") last += count;
          // A sender that knows of a loss, and a receiver that hears again, see to it that this is told first.
          peers.frame(fate === "lost" ? mark(toAll, toUs) : frame);
          if (fate === "twice") peers.frame(frame);
          // What was passed on late by a cluster that moves its slots.
          if (fate === "again-later") late.push(frame);
          else for (const old of late.splice(0)) peers.frame(old);
        }
        let next = 1;
        for (const line of [...told, `2: ${last + 1}`]) {
          if (line === "lost 2") {
            next = -Math.abs(next);
            continue;
          }
          const number = Number(line.slice(3));
          if (next > 0) expect(number).toBe(next);
          else expect(number).toBeGreaterThanOrEqual(-next);
          next = number + 1;
        }
      }),
    );
  });

  it("of any bytes make no exception, and nothing but a gap", () => {
    const whole = fc.constantFrom(
      row(FrameKind.ALL, 10, "a", "b"),
      row(FrameKind.DIRECT, 100, "c"),
      mark(10, 100),
    );
    fc.assert(
      fc.property(mutated(whole), (frame) => {
        const { peers, told } = meet();
        peers.frame(frame);
        for (const line of told) expect(line).toMatch(/^(?:2: |lost 2|down 2|look|left 2|forget 2)/);
      }),
    );
  });
});
