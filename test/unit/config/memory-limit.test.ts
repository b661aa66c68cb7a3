import { describe, expect, it } from "vitest";
import { memoryLimit, planHeap, setsHeap } from "../../../src/config/memory-limit.js";

const GIB = 2 ** 30;
const MIB = 2 ** 20;
const MACHINE = 16 * GIB;

/** A machine whose files are these. */
function limitOf(content: Record<string, string>): number | undefined {
  return memoryLimit(MACHINE, (path) => content[path]);
}

describe("the memory limit", () => {
  it("is none where there is no control group, and where all of them say max", () => {
    expect(limitOf({})).toBeUndefined();
    expect(limitOf({ "/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/memory.max": "max\n" })).toBeUndefined();
  });

  it("is that of the own group, in a container with version 2", () => {
    expect(limitOf({ "/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/memory.max": `${GIB}\n` })).toBe(GIB);
  });

  it("is the smallest of all groups above", () => {
    const content = {
      "/proc/self/cgroup": "0::/kubepods/pod1/app\n",
      "/sys/fs/cgroup/kubepods/pod1/app/memory.max": "max\n",
      "/sys/fs/cgroup/kubepods/pod1/memory.max": `${2 * GIB}\n`,
      "/sys/fs/cgroup/kubepods/memory.max": `${3 * GIB}\n`,
    };
    expect(limitOf(content)).toBe(2 * GIB);
  });

  it("is read in version 1 too, where the path of the host is not visible in the container", () => {
    const content = {
      "/proc/self/cgroup": "9:memory:/docker/1f\n4:cpu,cpuacct:/docker/1f\n0::/\n",
      "/sys/fs/cgroup/memory/memory.limit_in_bytes": "536870912\n",
    };
    expect(limitOf(content)).toBe(512 * MIB);
  });

  it("is none where version 1 says so, by a number larger than any machine", () => {
    const content = {
      "/proc/self/cgroup": "9:memory:/\n",
      "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
    };
    expect(limitOf(content)).toBeUndefined();
  });

  it("is none where it is as large as the machine, or no number at all", () => {
    expect(limitOf({ "/sys/fs/cgroup/memory.max": `${MACHINE}\n` })).toBeUndefined();
    expect(limitOf({ "/sys/fs/cgroup/memory.max": "0\n" })).toBeUndefined();
    expect(limitOf({ "/sys/fs/cgroup/memory.max": "much\n" })).toBeUndefined();
  });
});

describe("a worker's heap", () => {
  it("is three quarters of its share of what the primary leaves", () => {
    expect(planHeap(GIB, 4, 512 * MIB)).toEqual({ heap: 174, room: undefined });
    expect(planHeap(2 * GIB, 2, GIB)).toEqual({ heap: 732, room: undefined });
  });

  it("is left to Node where Node takes no more than that", () => {
    expect(planHeap(GIB, 1, 512 * MIB)).toEqual({ heap: undefined, room: undefined });
    expect(planHeap(64 * GIB, 4, 4 * GIB)).toEqual({ heap: undefined, room: undefined });
  });

  it("is never too small to start with: it is said how many have room instead", () => {
    expect(planHeap(512 * MIB, 8, 256 * MIB)).toEqual({ heap: 64, room: 4 });
    expect(planHeap(128 * MIB, 1, 64 * MIB)).toEqual({ heap: 64, room: 0 });
    expect(planHeap(32 * MIB, 1, 64 * MIB)).toEqual({ heap: 64, room: 0 });
  });

  it("never makes all heaps and the primary together more than the limit, where all have room", () => {
    for (let mib = 300; mib < 9000; mib += 217) {
      for (let workers = 1; workers <= 32; workers++) {
        const { heap = 0, room } = planHeap(mib * MIB, workers, mib * MIB);
        if (room === undefined) expect(heap * workers + 96).toBeLessThanOrEqual(mib);
      }
    }
  });

  it.each([
    ["--max-old-space-size=512", true],
    ["--max_old_space_size=512", true],
    ["--max-old-space-size", true],
    ["--max-old-space-size-percentage=50", true],
    ["--max-semi-space-size=16", false],
    ["--inspect", false],
  ])("is the user's where node is told %s: %j", (argument, expected) => {
    expect(setsHeap(["--enable-source-maps", argument])).toBe(expected);
  });
});
