import { describe, expect, it } from "vitest";
import { renewedEnvironment, renewedSettings } from "../../../src/primary/renewal.js";
import { fleetSettings } from "./fleet-settings.js";

const running = fleetSettings({ workers: 2, policy: "least-sessions", bootTimeout: 5000 });

describe("settings that are read again", () => {
  it("hold from now on, but for those that belong to the fleet as it was started", () => {
    const read = fleetSettings({
      ...running,
      policy: "ip-hash",
      bootTimeout: 100,
      nodeArgs: ["--trace-warnings"],
      port: 4000,
      log: "json",
    });
    const { settings, warnings } = renewedSettings(running, read, { before: running, workers: 2 });
    expect(settings).toEqual({ ...read, port: undefined, log: "pretty" });
    expect(warnings).toEqual([
      'The setting "port" has another value now and keeps its old one: it takes effect with holdfast stop and start.',
      'The setting "log" has another value now and keeps its old one: it takes effect with holdfast stop and start.',
    ]);
  });

  it("keep the site and the adapter, and name each setting of them that changed", () => {
    const site = { redis: "redis://:hunter2@10.0.0.5", redisPrefix: "holdfast", lease: 5000 };
    const adapter = { name: "redis", url: site.redis } as const;
    const here = fleetSettings({ site, adapter });
    const changed = { ...site, redis: "redis://:hunter3@10.0.0.5", lease: 6000 };
    const read = { ...here, site: changed, adapter: { ...adapter, url: changed.redis } };
    const { settings, warnings } = renewedSettings(here, read, { before: here, workers: 2 });
    expect(settings).toMatchObject({ site, adapter });
    expect(warnings.map((text) => /"(\w+)"/.exec(text)?.[1])).toEqual(["redis", "lease", "adapter"]);
    expect(warnings.join()).not.toContain("hunter");
    const alone = { ...here, site: undefined, adapter: undefined };
    expect(renewedSettings(here, alone, { before: here, workers: 2 }).warnings).toHaveLength(2);
  });

  it("say nothing where nothing changed", () => {
    expect(renewedSettings(running, { ...running }, { before: running, workers: 2 })).toEqual({
      settings: running,
      warnings: [],
    });
  });

  it("leave the number of workers to scale, and name it once it was written anew", () => {
    const read = { ...running, workers: 6 };
    const { settings, warnings } = renewedSettings(running, read, { before: running, workers: 3 });
    expect(settings.workers).toBe(2);
    expect(warnings).toEqual([
      'The setting "workers" is 6 now, and the fleet keeps its 3: holdfast scale 6 changes that.',
    ]);
    expect(renewedSettings(running, read, { before: read, workers: 3 }).warnings).toEqual([]);
    expect(renewedSettings(running, read, { before: running, workers: 6 }).warnings).toEqual([]);
  });
});

describe("the environment of whoever asks", () => {
  it("is set over the fleet's, and removes nothing", () => {
    const env = renewedEnvironment({ PATH: "/bin", MODE: "old" }, { MODE: "new", KEY: "1" });
    expect(env).toEqual({ PATH: "/bin", MODE: "new", KEY: "1" });
  });

  it("says neither where the fleet is nor how a command was started", () => {
    const env = renewedEnvironment(
      { HOLDFAST_RUNTIME_DIR: "/run/a", PWD: "/srv" },
      { HOLDFAST_RUNTIME_DIR: "/run/b", PWD: "/home", NOTIFY_SOCKET: "/run/x", NODE_CHANNEL_FD: "3" },
    );
    expect(env).toEqual({ HOLDFAST_RUNTIME_DIR: "/run/a", PWD: "/srv" });
  });

  it("is the fleet's where nobody gave one", () => {
    expect(renewedEnvironment({ PATH: "/bin" }, undefined)).toEqual({ PATH: "/bin" });
  });
});
