import { describe, expect, it } from "vitest";
import { HUNG_AFTER, Pulse, Rhythm, tickLength } from "../../../src/bus/heartbeat.js";

const TICK = tickLength(HUNG_AFTER);

/** Ticks until the peer is hung; 0 when it is not within `most`. */
function ticksUntilHung(pulse: Pulse, most = 20): number {
  for (let tick = 1; tick <= most; tick++) if (pulse.tick("counts").hangs) return tick;
  return 0;
}

describe("a pulse", () => {
  it("finds a peer hung between 3 and 3.5 seconds after its last byte", () => {
    const pulse = new Pulse();
    pulse.tick("counts");
    pulse.heard();
    // The first tick may follow at once, or a whole tick later.
    expect(ticksUntilHung(pulse) * TICK).toBe(3500);
    expect(pulse.hung).toBe(true);
  });

  it("says once that a peer hangs, and once that it is back", () => {
    const pulse = new Pulse();
    expect(pulse.heard()).toBe(false);
    ticksUntilHung(pulse);
    expect(ticksUntilHung(pulse)).toBe(0);
    expect(pulse.heard()).toBe(true);
    expect(pulse.hung).toBe(false);
    expect(pulse.heard()).toBe(false);
    expect(ticksUntilHung(pulse)).toBe(7);
  });

  it("never finds a peer hung that is heard in every period", () => {
    const pulse = new Pulse();
    for (let i = 0; i < 50; i++) {
      expect(ticksUntilHung(pulse, 6)).toBe(0);
      pulse.heard();
    }
  });

  it("gives a silent peer a fresh period at a tick that does not count", () => {
    const pulse = new Pulse();
    expect(ticksUntilHung(pulse, 6)).toBe(0);
    pulse.tick("fresh");
    expect(ticksUntilHung(pulse, 6)).toBe(0);
  });

  it("does not take a hung peer for one that is back because of such a tick", () => {
    const pulse = new Pulse();
    ticksUntilHung(pulse);
    expect(pulse.tick("fresh").hangs).toBe(false);
    expect(pulse.hung).toBe(true);
  });

  it("asks for a heartbeat once nothing was sent for a second, then every second", () => {
    const pulse = new Pulse();
    const beats = (ticks: number): boolean[] =>
      Array.from({ length: ticks }, () => pulse.tick("counts").beat);
    expect(beats(7)).toEqual([false, false, true, false, true, false, true]);
    pulse.said();
    expect(beats(2)).toEqual([false, false]);
    pulse.said();
    expect(beats(3)).toEqual([false, false, true]);
  });
});

describe("the rhythm", () => {
  it("counts ticks that come in time, or a little late", () => {
    const rhythm = new Rhythm(HUNG_AFTER, 0);
    expect([TICK, 2 * TICK, 4 * TICK].map((now) => rhythm.tick(now))).toEqual(["counts", "counts", "counts"]);
  });

  it("gives everybody a fresh period when this process had slept", () => {
    const rhythm = new Rhythm(HUNG_AFTER, 0);
    rhythm.tick(TICK);
    expect(rhythm.tick(TICK + 60_000)).toBe("fresh");
    expect(rhythm.tick(TICK + 60_000 + TICK)).toBe("counts");
  });

  it("counts every other tick of a process that is always late", () => {
    const rhythm = new Rhythm(HUNG_AFTER, 0);
    const ticks = [1, 2, 3, 4].map((number) => rhythm.tick(number * 3 * TICK));
    expect(ticks).toEqual(["fresh", "counts", "counts", "counts"]);
  });
});
