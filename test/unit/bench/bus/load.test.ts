import { describe, expect, it } from "vitest";
import { readDelivery } from "../../../../bench/bus/load/delivery.js";
import { Inbox } from "../../../../bench/bus/load/inbox.js";
import { pairsOf } from "../../../../bench/bus/load/pairs.js";
import { Placement } from "../../../../bench/bus/load/placement.js";

describe("inbox of a member", () => {
  const inboxOf = (first: number, stride: number): Inbox => {
    const inbox = new Inbox();
    inbox.expect(3, first, stride);
    return inbox;
  };

  it("takes every number of its stream in order", () => {
    const inbox = inboxOf(1, 4);
    for (const number of [1, 5, 9]) expect(inbox.take(3, number)).toEqual({ missing: 0 });
  });

  it("counts what was skipped", () => {
    const inbox = inboxOf(0, 2);
    expect(inbox.take(3, 6)).toEqual({ missing: 3 });
    expect(inbox.take(3, 8)).toEqual({ missing: 0 });
  });

  it("knows a number that comes twice, or late", () => {
    const inbox = inboxOf(0, 1);
    inbox.take(3, 1);
    expect(inbox.take(3, 1)).toBe("again");
    expect(inbox.take(3, 0)).toBe("again");
  });

  it("knows what is meant for others", () => {
    const inbox = inboxOf(0, 2);
    expect(inbox.take(4, 0)).toBe("stranger");
    expect(inbox.take(3, 1)).toBe("stranger");
  });

  it("keeps senders apart", () => {
    const inbox = inboxOf(0, 1);
    inbox.expect(4, 0, 1);
    inbox.take(3, 0);
    expect(inbox.take(4, 0)).toEqual({ missing: 0 });
  });
});

describe("delivery", () => {
  it("is read from a broadcast, and from one with ack", () => {
    const read = { sender: 2, number: 17, sentAt: 123456789 };
    expect(readDelivery('42["m",2,17,123456789,"xx"]')).toEqual({ ...read, answer: undefined });
    expect(readDelivery('4290["q",2,17,123456789,"xx"]')).toEqual({ ...read, answer: 90 });
  });

  it("is no other event", () => {
    expect(readDelivery('42["settled",{"what":"fetchSockets"}]')).toBeUndefined();
  });
});

describe("placement of sessions", () => {
  it("keeps as many on each worker as are wanted, and no more", () => {
    const placement = new Placement({ workers: 2, sessionsEach: 2 });
    const kept = ["a", "a", "a", "b", "a"].map((worker) => placement.keep(worker));
    expect(kept).toEqual([true, true, false, true, false]);
    expect(placement.full).toBe(false);
    expect(placement.keep("b")).toBe(true);
    expect(placement.full).toBe(true);
  });

  it("is not full before every worker has a session", () => {
    const placement = new Placement({ workers: 2, sessionsEach: 1 });
    placement.keep("a");
    expect(placement.full).toBe(false);
  });

  it("refuses a worker that nobody started", () => {
    const placement = new Placement({ workers: 1, sessionsEach: 1 });
    placement.keep("a");
    expect(() => placement.keep("b")).toThrow("worker b");
  });
});

describe("pairs of workers", () => {
  it.each([4, 8, 16])("are different, and spread evenly over %i workers", (workers) => {
    const pairs = pairsOf(48, workers);
    for (const { from, to } of pairs) expect(from).not.toBe(to);
    for (let worker = 0; worker < workers; worker += 1) {
      expect(pairs.filter(({ from }) => from === worker)).toHaveLength(48 / workers);
      expect(pairs.filter(({ to }) => to === worker)).toHaveLength(48 / workers);
    }
  });

  it.each([4, 8, 16])("are with as many partners among %i workers", (workers) => {
    const partners = pairsOf(6 * workers, workers).filter(({ from }) => from === 1);
    expect(new Set(partners.map(({ to }) => to)).size).toBe(3);
  });
});
