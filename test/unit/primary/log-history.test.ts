import { describe, expect, it } from "vitest";
import { LogHistory } from "../../../src/primary/log-history.js";
import type { LogLine } from "../../../src/protocol/log-line.js";

const add = (history: LogHistory, text: string, slot: number | null = 0): void =>
  history.add({ slot, generation: 1, stream: slot === null ? "log" : "stdout", line: Buffer.from(text) });
const texts = (lines: readonly LogLine[]): string[] => lines.map(({ text }) => text);

describe("the last lines", () => {
  it("are told in order, as many as are asked for, without their line feeds", () => {
    const history = new LogHistory();
    for (const text of ["one\n", "two\r\n", "three"]) add(history, text);
    expect(texts(history.last({ lines: 2 }))).toEqual(["two", "three"]);
    expect(texts(history.last({ lines: 10 }))).toEqual(["one", "two", "three"]);
    expect(history.last({ lines: 0 })).toEqual([]);
  });

  it("of one slot leave out the others', and the fleet's", () => {
    const history = new LogHistory();
    add(history, "a", 0);
    add(history, "b", 1);
    add(history, "c", null);
    add(history, "d", 1);
    expect(texts(history.last({ lines: 10, slot: 1 }))).toEqual(["b", "d"]);
  });

  it("are bounded in bytes: the oldest go, and of a long one the end", () => {
    const history = new LogHistory(10_000);
    for (let number = 0; number < 1000; number++) add(history, `${number} ${"x".repeat(100)}`);
    const kept = history.last({ lines: 1000 });
    expect(kept.length).toBeGreaterThan(10);
    expect(kept.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThan(10_000);
    expect(kept.at(-1)?.text).toMatch(/^999 /);
    const long = new LogHistory();
    add(long, "y".repeat(100_000));
    expect(long.last({ lines: 1 })[0]?.text).toBe("y".repeat(16 * 1024));
  });

  it("and each new one are told to who follows, until that ends", () => {
    const history = new LogHistory();
    const heard: LogLine[] = [];
    add(history, "before");
    const stop = history.follow((line) => heard.push(line));
    add(history, "then");
    stop();
    add(history, "after");
    expect(texts(heard)).toEqual(["then"]);
  });
});
