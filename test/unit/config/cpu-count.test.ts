import { expect, test } from "vitest";
import { cpuQuota, usableCpus } from "../../../src/config/cpu-count.js";

const files =
  (content: Record<string, string>) =>
  (path: string): string | undefined =>
    content[path];

test("without any cgroup all processors of the system count", () => {
  expect(usableCpus(6, files({}))).toBe(6);
});

test("a quota of cgroup v2 in a container, where the root is the own group", () => {
  const read = files({ "/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/cpu.max": "200000 100000\n" });
  expect(cpuQuota(read)).toBe(2);
  expect(usableCpus(8, read)).toBe(2);
});

test("the smallest quota of all groups above counts", () => {
  const read = files({
    "/proc/self/cgroup": "0::/system.slice/chat.service\n",
    "/sys/fs/cgroup/system.slice/chat.service/cpu.max": "400000 100000\n",
    "/sys/fs/cgroup/system.slice/cpu.max": "300000 100000\n",
    "/sys/fs/cgroup/cpu.max": "max 100000\n",
  });
  expect(cpuQuota(read)).toBe(3);
});

test("max means no quota", () => {
  const read = files({ "/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/cpu.max": "max 100000\n" });
  expect(cpuQuota(read)).toBeUndefined();
});

test("a quota of cgroup v1, where the path of the host is not visible in the container", () => {
  const read = files({
    "/proc/self/cgroup": "5:memory:/docker/1f\n4:cpu,cpuacct:/docker/1f\n",
    "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "350000\n",
    "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
  });
  expect(cpuQuota(read)).toBe(3.5);
  expect(usableCpus(8, read)).toBe(3);
});

test("a quota of -1 in cgroup v1 means none", () => {
  const read = files({
    "/proc/self/cgroup": "4:cpu,cpuacct:/\n",
    "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
    "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
  });
  expect(cpuQuota(read)).toBeUndefined();
});

test("less than one processor is still one worker", () => {
  const read = files({ "/sys/fs/cgroup/cpu.max": "20000 100000\n" });
  expect(usableCpus(8, read)).toBe(1);
});

test("a quota larger than the machine adds nothing", () => {
  const read = files({ "/sys/fs/cgroup/cpu.max": "1600000 100000\n" });
  expect(usableCpus(4, read)).toBe(4);
});
