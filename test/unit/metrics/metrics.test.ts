import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { METRICS } from "../../../src/metrics/catalogue.js";
import { exposition } from "../../../src/metrics/exposition.js";
import type { WorkerSnapshot } from "../../../src/protocol/messages.js";
import type { FleetStatus, SiteStatus, WorkerStatus } from "../../../src/protocol/status.js";

const bus = {
  hung: [2],
  queuedBytes: 10,
  sent: 100,
  received: 90,
  droppedVolatile: 1,
  droppedOverflow: 2,
  droppedTooLarge: 3,
  malformed: 4,
  lost: 5,
};

const snapshot: WorkerSnapshot = {
  sessions: 7,
  sessionsOpened: 70,
  requestsForwarded: 6,
  upgradesPassed: 5,
  upgradesTunnelled: 4,
  connectionsMoved: 3,
  proxyHeadersRefused: 2,
  straysServed: 1,
  requestsForwardedToHosts: 60,
  upgradesTunnelledToHosts: 40,
  peers: 3,
  bus,
  rss: 1e8,
  cpu: 2_500_000,
};

function worker(slot: number, generation: number, changes: Partial<WorkerStatus> = {}): WorkerStatus {
  const at = { pid: 4711, state: "ready", uptime: 5000, restarts: 2, lastExit: null, listening: [] } as const;
  return { slot, generation, ...at, snapshot, ...changes };
}

const site: SiteStatus = {
  host: 3,
  redis: "down",
  why: "connect ECONNREFUSED 10.0.0.9:6379",
  since: 1000,
  hosts: [{ host: 4, fleet: "b", address: "10.0.0.4", port: 7600, workers: 1, sessions: 9, version: "1" }],
  published: 11,
  publishedBytes: 12,
  received: 13,
  receivedBytes: 14,
  gaps: 15,
  dropped: 16,
  queuedBytes: 17,
  forward: { accepted: 18, open: 19, refused: 20 },
  bridge: { pid: 4712, restarts: 21, rss: 5e7, cpu: 500_000 },
};

function fleet(changes: Partial<FleetStatus> = {}): FleetStatus {
  return {
    schemaVersion: 1,
    name: "chat",
    version: "1.2.3",
    pid: 4710,
    state: "ready",
    ready: true,
    drainIn: null,
    entry: "/srv/secret-place/app.js",
    hostNumber: 3,
    policy: "least-sessions",
    uptime: 60_000,
    listening: [{ address: "10.9.8.7", family: "IPv4", port: 3000 }],
    slotSockets: null,
    admin: null,
    memory: null,
    site,
    sessions: 14,
    change: null,
    lastChange: null,
    workers: [worker(0, 1), worker(1, 1)],
    ...changes,
  };
}

const textOf = (changes: Partial<FleetStatus> = {}): string => exposition(METRICS, fleet(changes));

/** By name and labels. */
function samplesOf(text: string): Map<string, number> {
  const samples = new Map<string, number>();
  for (const line of text.split("\n").filter((some) => some !== "" && !some.startsWith("#"))) {
    const [, series, value] = /^([a-z_]+(?:\{[^}]*\})?) (-?[0-9.e+]+)$/.exec(line) ?? [];
    if (series === undefined) throw new Error(`no sample: ${line}`);
    if (samples.has(series)) throw new Error(`twice: ${series}`);
    samples.set(series, Number(value));
  }
  return samples;
}

describe("the catalogue", () => {
  it("has each name once, as Prometheus wants them", () => {
    const names = METRICS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { name, type, help } of METRICS) {
      expect(name).toMatch(/^holdfast_[a-z_]+$/);
      expect([name, name.endsWith("_total")]).toEqual([name, type === "counter"]);
      expect(help).toMatch(/^\S.*\.$/);
    }
  });

  it("is that of docs/metrics.md", () => {
    const page = readFileSync(fileURLToPath(new URL("../../../docs/metrics.md", import.meta.url)), "utf8");
    const documented = [...page.matchAll(/^\| `(holdfast_[a-z_]+)` \|/gm)].map((match) => match[1]);
    expect(documented.sort()).toEqual(METRICS.map(({ name }) => name).sort());
  });
});

describe("the text", () => {
  it("says what a metric is before its samples", () => {
    expect(textOf()).toContain(
      "# HELP holdfast_sessions Open sessions.\n# TYPE holdfast_sessions gauge\n" +
        'holdfast_sessions{worker="0"} 7\nholdfast_sessions{worker="1"} 7\n',
    );
  });

  it("has numbers in base units, by slot", () => {
    const samples = samplesOf(textOf());
    expect(Object.fromEntries(samples)).toMatchObject({
      holdfast_uptime_seconds: 60,
      'holdfast_build_info{version="1.2.3"}': 1,
      'holdfast_workers{state="ready"}': 2,
      'holdfast_workers{state="draining"}': 0,
      'holdfast_requests_forwarded_total{worker="0",to="slot"}': 6,
      'holdfast_requests_forwarded_total{worker="0",to="host"}': 60,
      'holdfast_bus_messages_dropped_total{worker="1",reason="too_large"}': 3,
      'holdfast_process_cpu_seconds_total{worker="1"}': 2.5,
      'holdfast_process_cpu_seconds_total{worker="bridge"}': 0.5,
      holdfast_site_redis_up: 0,
      'holdfast_site_messages_total{direction="in"}': 13,
    });
  });

  it("has one sample for a slot with two workers: their sum, or the older one's age", () => {
    const workers = [
      worker(0, 1, { state: "handing-over", uptime: 9000 }),
      worker(0, 2, { snapshot: { ...snapshot, sessions: 1 } }),
      worker(1, 1, { snapshot: null }),
    ];
    const samples = samplesOf(textOf({ workers }));
    expect(samples.get('holdfast_sessions{worker="0"}')).toBe(8);
    expect(samples.get('holdfast_worker_uptime_seconds{worker="0"}')).toBe(9);
    expect(samples.get('holdfast_worker_restarts_total{worker="0"}')).toBe(2);
    expect(samples.has('holdfast_sessions{worker="1"}')).toBe(false);
    expect(samples.get("holdfast_generation")).toBe(2);
  });

  it("leaves out the site of a host that stands alone, and changes that never were", () => {
    const text = textOf({ site: null });
    expect(text).not.toContain("holdfast_site");
    expect(text).not.toContain('"bridge"');
    expect(text).not.toContain("holdfast_last_change");
  });

  it("tells of the last change", () => {
    const lastChange = {
      ...({ what: "reload", generation: 2, slots: 2, done: 2, now: [], stayed: {} } as const),
      ...{ moved: 12, closed: 1, longestPause: 84, ms: 2500 },
    };
    const samples = samplesOf(textOf({ lastChange, change: { ...lastChange, what: "scale" } }));
    expect(samples.get('holdfast_last_change_sessions_moved{what="reload"}')).toBe(12);
    expect(samples.get('holdfast_last_change_longest_pause_seconds{what="reload"}')).toBe(0.084);
    expect(samples.get('holdfast_change_in_progress{what="scale"}')).toBe(1);
    expect(samples.get('holdfast_change_in_progress{what="reload"}')).toBe(0);
  });

  it("names no process, no place and no address", () => {
    expect(textOf()).not.toMatch(/4711|4712|4710|secret-place|10\.\d+\.\d+\.\d+|ECONNREFUSED/);
  });

  it("escapes what would end a label or a line", () => {
    expect(textOf({ version: 'a"b\\c\nd' })).toContain('holdfast_build_info{version="a\\"b\\\\c\\nd"} 1');
  });
});
