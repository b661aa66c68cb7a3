import { describe, expect, it } from "vitest";
import {
  type ProcessStat,
  parseProportionalSize,
  parseResidentSize,
  parseStat,
  parseState,
  treeOf,
} from "../../../bench/servers/process-tree.js";

const process = (pid: number, parent: number): ProcessStat => ({ pid, parent, ticks: 0 });

describe("process tree", () => {
  it("counts user and system time of a process and of its dead children", () => {
    const stat = "4711 (node) S 42 4711 3443 0 -1 4194304 98 0 0 0 10 20 300 4000 20 0 11 0 152719";
    expect(parseStat(stat)).toEqual({ pid: 4711, parent: 42, ticks: 4330 });
  });

  it("reads the stat of a process whose name contains `) (`", () => {
    expect(parseStat("7 (a) (b c) R 1 7 7 0 -1 0 0 0 0 0 1 2 3 4 20").ticks).toBe(10);
  });

  it("finds children of children, and nothing else", () => {
    const all = [process(1, 0), process(10, 1), process(11, 10), process(12, 11), process(20, 1)];
    const pids = treeOf([10], all).map(({ pid }) => pid);
    expect(pids).toEqual([10, 11, 12]);
  });

  it("tells a stopped process from one that runs", () => {
    expect(parseState("7 (a) (b c) T 1 7 7 0 -1")).toBe("T");
    expect(parseState("7 (T) S 1 7 7 0 -1")).toBe("S");
    expect(parseState("")).toBeUndefined();
  });

  it("reads the resident size; a process that ends has none", () => {
    expect(parseResidentSize("VmHWM:\t  900 kB\nVmRSS:\t  824 kB\nRssAnon:\t 1 kB\n")).toBe(824 * 1024);
    expect(parseResidentSize("Name:\tnode\nState:\tZ (zombie)\n")).toBe(0);
  });

  it("reads the proportional size, not a part of it", () => {
    const text = "0-1 ---p 0 00:00 0 [rollup]\nRss:  1676 kB\nPss:   376 kB\nPss_Anon:  116 kB\n";
    expect(parseProportionalSize(text)).toBe(376 * 1024);
  });
});
