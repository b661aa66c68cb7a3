import { describe, expect, it } from "vitest";
import { type SpawnOptions, workerEnvironment } from "../../../src/primary/spawn.js";
import { fleetSettings } from "./fleet-settings.js";

const place = { slot: 2, generation: 3, workers: 8, takesOver: true };

function environment(part: Partial<SpawnOptions> = {}): NodeJS.ProcessEnv {
  return workerEnvironment(
    {
      settings: fleetSettings({ name: "chat" }),
      host: 0,
      directory: "/run/holdfast/chat",
      folder: "/srv/chat",
      preload: "file:///preload.js",
      loaderArgs: [],
      loaderEnv: {},
      memoryArgs: () => [],
      env: { PATH: "/bin", NODE_UNIQUE_ID: "1" },
      colours: false,
      ...part,
    },
    place,
  );
}

describe("a worker's environment", () => {
  it("says who it is, in the words of DESIGN and of pm2", () => {
    expect(environment()).toMatchObject({
      PATH: "/bin",
      HOLDFAST: "1",
      HOLDFAST_NAME: "chat",
      HOLDFAST_SLOT: "2",
      HOLDFAST_GENERATION: "3",
      HOLDFAST_WORKERS: "8",
      NODE_APP_INSTANCE: "2",
    });
  });

  it("carries everything that must be known before the app is loaded", () => {
    const settings = fleetSettings({
      port: 8080,
      host: "127.0.0.1",
      hostNumber: 1295,
      policy: "ip-hash",
      trustProxy: ["10.0.0.0/8"],
    });
    expect(JSON.parse(environment({ settings, host: 1295 }).HOLDFAST_WORKER_SETTINGS ?? "")).toEqual({
      fleet: "test",
      directory: "/run/holdfast/chat",
      host: 1295,
      ...place,
      primaryPid: process.pid,
      policy: "ip-hash",
      trustProxy: ["10.0.0.0/8"],
      trustHeader: "auto",
      proxyProtocol: false,
      port: 8080,
      listenHost: "127.0.0.1",
      readyOn: "listening",
    });
  });

  it("has PORT and HOST only where the command line says them", () => {
    expect(environment()).not.toHaveProperty("PORT");
    expect(environment()).not.toHaveProperty("HOST");
    const settings = fleetSettings({ port: 0, host: "::1" });
    expect(environment({ settings })).toMatchObject({ PORT: "0", HOST: "::1" });
  });

  it("has its slot's port in PORT: a sum, not a string; and a Unix socket nowhere that an app would take for a port", () => {
    const ports = fleetSettings({ listen: { kind: "ports", first: 4000 } });
    expect(environment({ settings: ports }).PORT).toBe("4002");
    const pipes = fleetSettings({ listen: { kind: "pipes", folder: "/run/chat" } });
    expect(environment({ settings: pipes, env: { PORT: "3000" } }).PORT).toBe("3000");
    const told = JSON.parse(environment({ settings: pipes }).HOLDFAST_WORKER_SETTINGS ?? "");
    expect(told.slotSockets).toEqual({ kind: "pipes", folder: "/run/chat" });
  });

  it("lets the app print colours where ours go to a terminal, unless somebody says otherwise", () => {
    expect(environment().FORCE_COLOR).toBeUndefined();
    expect(environment({ colours: true }).FORCE_COLOR).toBe("1");
    expect(environment({ colours: true, env: { NO_COLOR: "1" } }).FORCE_COLOR).toBeUndefined();
    expect(environment({ colours: true, env: { FORCE_COLOR: "0" } }).FORCE_COLOR).toBe("0");
  });

  it("does not make it a worker of another process manager's cluster", () => {
    expect(environment()).not.toHaveProperty("NODE_UNIQUE_ID");
  });
});
