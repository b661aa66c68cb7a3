import { expect, test } from "vitest";
import type { Health } from "../../../../src/primary/admin/health.js";
import { replyTo } from "../../../../src/primary/admin/replies.js";
import { fleetStatus } from "../../../../src/primary/status.js";
import type { WorkerSnapshot } from "../../../../src/protocol/messages.js";
import { fleetSettings } from "../fleet-settings.js";
import { healthyFleet } from "../lifecycle/simulator.js";

const YES = { ok: true, why: "it is" };
const NO = { ok: false, why: "it is not" };

function source(health: Partial<Health> = {}) {
  const fleet = healthyFleet({ workers: 1 });
  const settings = fleetSettings({
    name: "chat",
    entry: "/srv/secret-place/app.js",
    args: ["--token=s3cret"],
    nodeArgs: ["--require=/srv/s3cret.js"],
    trustProxy: ["10.1.2.3"],
  });
  const snapshot = { sessions: 7, rss: 1e8 } as WorkerSnapshot;
  const listening = [{ address: "10.9.8.7", family: "IPv4", port: 3000 }];
  const report = { snapshot, listening, heardAt: fleet.now };
  const status = fleetStatus(fleet.state, {
    ...{ settings, version: "1.2.3", pid: 4711, now: fleet.now, memory: null, site: null },
    reportOf: () => report,
  });
  return { health: () => ({ live: YES, ready: YES, started: YES, ...health }), status: () => status };
}

test.each([
  ["/livez", "live"],
  ["/readyz", "ready"],
  ["/startupz", "started"],
] as const)("%s says yes with 200 and no with 503, and why", (path, question) => {
  expect(replyTo("GET", path, source())).toMatchObject({ code: 200, body: "ok: it is\n" });
  expect(replyTo("HEAD", `${path}?verbose`, source())).toMatchObject({ code: 200 });
  expect(replyTo("GET", path, source({ [question]: NO }))).toMatchObject({
    code: 503,
    body: "no: it is not\n",
  });
});

test("/healthz tells the state of the fleet, with the code of /readyz", () => {
  const reply = replyTo("GET", "/healthz", source());
  expect(reply).toMatchObject({ code: 200, type: "application/json" });
  expect(JSON.parse(reply.body)).toEqual({
    ...{ schemaVersion: 1, name: "chat", version: "1.2.3", state: "ready", uptime: 5000, drainIn: null },
    ...{ sessions: 7, live: true, ready: true, started: true, why: "it is" },
    workers: [{ slot: 0, state: "ready", generation: 1, uptime: 5000, restarts: 0, sessions: 7 }],
  });
  expect(replyTo("GET", "/healthz", source({ ready: NO })).code).toBe(503);
});

test("/healthz says nothing of paths, arguments, addresses and processes", () => {
  expect(replyTo("GET", "/healthz", source()).body).not.toMatch(/secret|s3cret|srv|10\.|4711|100000000/);
});

test.each([
  "/",
  "",
  "*",
  "/readyz/",
  "/READYZ",
  "//readyz",
  "/metrics",
  "/__proto__",
  "/constructor",
  "/readyz%00",
])("there is no %j", (path) => {
  expect(replyTo("GET", path, source())).toMatchObject({ code: 404 });
  expect(replyTo("POST", path, source())).toMatchObject({ code: 404 });
});

test.each(["POST", "PUT", "DELETE", "OPTIONS", "get", ""])("%j is no way to ask", (method) => {
  expect(replyTo(method, "/readyz", source())).toMatchObject({ code: 405, allow: "GET, HEAD" });
});
