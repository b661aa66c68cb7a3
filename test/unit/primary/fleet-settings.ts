/** Test helper: settings of a fleet, with what a test wants to say about them. */

import type { FleetSettings } from "../../../src/config/settings.js";

export function fleetSettings(part: Partial<FleetSettings> = {}): FleetSettings {
  return {
    entry: "/app/server.js",
    args: [],
    name: "test",
    workers: 2,
    port: undefined,
    host: undefined,
    listen: undefined,
    admin: undefined,
    policy: "least-sessions",
    trustProxy: [],
    trustHeader: "auto",
    proxyProtocol: false,
    hostNumber: 0,
    site: undefined,
    adapter: undefined,
    log: "pretty",
    prefix: true,
    readyOn: "listening",
    bootTimeout: 5000,
    drainTimeout: 5000,
    handoffTimeout: 0,
    parallel: 1,
    shutdownDelay: 0,
    restartDelay: 100,
    restartDelayMax: 1000,
    maxFailures: 3,
    minUptime: 1000,
    nodeArgs: [],
    ...part,
  };
}
