/** How the primary keeps its bridge: a real process that only speaks the protocol. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { SiteSettings } from "../../src/config/site-settings.js";
import {
  BridgeKeeper,
  type BridgeKeeperOptions,
  type CannotJoin,
} from "../../src/primary/bridge/bridge-keeper.js";
import type { LogEntry } from "../../src/primary/log.js";
import { OutputTarget } from "../../src/primary/output.js";
import { isRunning } from "../helpers/processes.js";
import { temporaryDirectory } from "../helpers/temporary.js";

const STUB = fileURLToPath(new URL("../fixtures/site/stub-bridge.mjs", import.meta.url));
const SITE: SiteSettings = { redis: "redis://127.0.0.1:6379", redisPrefix: "holdfast", lease: 5000 };
const AWAY = "Redis at redis://127.0.0.1:6379 does not answer (ECONNREFUSED).";

type Note = {
  readonly pid: number;
  readonly settings: Record<string, unknown>;
  readonly options: string | null;
};

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

class Kept {
  readonly entries: LogEntry[] = [];
  readonly joined: number[] = [];
  readonly refused: CannotJoin[] = [];
  load = { workers: 2, sessions: 0 };
  readonly keeper: BridgeKeeper;
  readonly #stdout = new PassThrough();
  readonly #notes: string;

  constructor(steps: readonly (readonly unknown[])[], options: Partial<BridgeKeeperOptions> = {}) {
    const { path, remove } = temporaryDirectory();
    this.#notes = join(path, "notes");
    vi.stubEnv("STUB", JSON.stringify(steps));
    vi.stubEnv("STUB_NOTES", this.#notes);
    vi.stubEnv("NODE_OPTIONS", "--no-warnings");
    const target = new OutputTarget(this.#stdout);
    this.keeper = new BridgeKeeper({
      ...{ site: SITE, fleet: "chat", directory: path, relays: true, entry: STUB, firstDelay: 20 },
      load: () => this.load,
      outputs: { stdout: target, stderr: target },
      write: (entry) => this.entries.push(entry),
      joined: (host) => this.joined.push(host),
      cannotJoin: (why) => this.refused.push(why),
      ...options,
    });
    cleanUp.push(async () => {
      await this.keeper.leave();
      vi.unstubAllEnvs();
      remove();
    });
    this.keeper.start();
  }

  /** What the stubs noted, one after the other. */
  notes(): Record<string, unknown>[] {
    const lines = readFileSync(this.#notes, { encoding: "utf8", flag: "a+" }).trim().split("\n");
    return lines.filter(Boolean).map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  lives(): Note[] {
    return this.notes().filter((note) => note.pid !== undefined) as unknown as Note[];
  }

  texts(): string[] {
    return this.entries.map(({ text }) => text);
  }

  printed(): string {
    return String(this.#stdout.read() ?? "");
  }
}

const until = (condition: () => void): Promise<void> =>
  vi.waitFor(condition, { timeout: 20_000, interval: 10 });

const SNAPSHOT = {
  ...{ redis: "up", why: null, since: 100, hosts: [], published: 1, publishedBytes: 2, received: 3 },
  ...{ receivedBytes: 4, gaps: 0, dropped: 0, queuedBytes: 0, forward: { accepted: 0, open: 0, refused: 0 } },
  ...{ rss: 5, cpu: 6 },
};

describe("a bridge", () => {
  it("is told everything at its start, and nothing of what is meant for the app's processes", async () => {
    const site = { ...SITE, siteSecret: "sixteen letters.", advertise: { host: "10.0.0.7" }, hostNumber: 35 };
    const kept = new Kept([["joined"]], { site });
    await until(() => expect(kept.joined).toEqual([35]));
    const [life] = kept.lives();
    expect(life?.options).toBeNull();
    expect(life?.settings).toEqual({
      ...{ fleet: "chat", directory: expect.any(String), primaryPid: process.pid, host: 35, workers: 2 },
      ...{ token: expect.stringMatching(/^[0-9a-f]{32}$/), relays: true, lease: 5000 },
      ...{ redis: { url: SITE.redis, prefix: "holdfast" }, listen: { host: "::", port: 0 } },
      ...{ advertise: { host: "10.0.0.7" }, secret: "sixteen letters." },
    });
  });

  it("that dies is started again, with the number and token that it had, ever more slowly", async () => {
    const kept = new Kept([["joined"], ["exit", 3]]);
    await until(() => expect(kept.lives().length).toBeGreaterThan(3));
    const [first, ...others] = kept.lives().map(({ settings }) => settings);
    expect(first?.host).toBeUndefined();
    for (const settings of others) expect(settings).toEqual({ ...first, host: 7 });
    expect(kept.joined).toEqual([7]);
    expect(kept.refused).toEqual([]);
    expect(kept.texts().slice(0, 3)).toEqual([
      "the bridge exited with code 3; next start in 20 ms, this host serves on without the others",
      "the bridge exited with code 3; next start in 40 ms, this host serves on without the others",
      "the bridge exited with code 3; next start in 80 ms, this host serves on without the others",
    ]);
    expect(kept.keeper.status()).toMatchObject({
      host: 7,
      redis: "down",
      why: "the bridge exited with code 3",
    });
  });

  it("that dies before it has joined keeps the workers waiting, and says so", async () => {
    const kept = new Kept([["exit", 1]]);
    await until(() => expect(kept.lives().length).toBeGreaterThan(1));
    expect(kept.texts()[0]).toBe(
      "the bridge exited with code 1; next start in 20 ms, no worker starts before",
    );
    expect(kept.joined).toEqual([]);
  });

  it("that is refused ends the fleet with 2, once; after it has joined it is only said", async () => {
    const refused = new Kept([
      ["refused", "Redis refuses the password."],
      ["refused", "Redis refuses the password."],
    ]);
    await until(() => expect(refused.refused).toHaveLength(1));
    expect(refused.refused).toEqual([
      { message: "Redis refuses the password.", code: "ERR_REDIS_LOGIN", exitCode: 2 },
    ]);
    const later = new Kept([["joined"], ["refused", "Redis refuses the password."], ["print", "behind"]]);
    await until(() => expect(later.texts()).toEqual(["Redis refuses the password."]));
    expect(later.refused).toEqual([]);
    expect(isRunning(later.keeper.pid as number)).toBe(true);
  });

  it("says what is wrong as long as no worker starts, and the fleet ends with 1 when --redis-wait is over", async () => {
    const kept = new Kept([["said", "warn", AWAY]], { site: { ...SITE, redisWait: 600 } });
    await until(() => expect(kept.texts()).toEqual([`${AWAY.slice(0, -1)}; no worker starts before`]));
    expect(kept.keeper.status()).toMatchObject({ host: null, redis: "down", why: AWAY });
    await until(() => expect(kept.refused).toHaveLength(1));
    expect(kept.refused[0]).toMatchObject({ code: "ERR_REDIS_WAIT", exitCode: 1 });
    expect(kept.refused[0]?.message).toContain("600 ms");
  });

  it("is not waited for where --host-number says the number", async () => {
    const site = { ...SITE, redisWait: 1, hostNumber: 3 };
    const kept = new Kept([["said", "warn", AWAY]], { site });
    await until(() => expect(kept.texts()).toEqual([AWAY]));
    expect(kept.refused).toEqual([]);
  });

  it("is heard: its numbers are the site's, and what it prints is behind its name", async () => {
    const kept = new Kept([["joined"], ["print", "hello"], ["snapshot", SNAPSHOT]]);
    await until(() => expect(kept.keeper.status().redis).toBe("up"));
    const { rss, cpu, since, ...rest } = SNAPSHOT;
    expect(kept.keeper.status()).toMatchObject({ ...rest, host: 7, bridge: { rss, cpu, restarts: 0 } });
    expect(kept.keeper.status().since).toBeGreaterThanOrEqual(since);
    await until(() => expect(kept.printed()).toBe("bridge | hello\n"));
  });

  it("hears of another number of workers and sessions when it has spoken, once", async () => {
    const kept = new Kept([["joined"], ["snapshot", SNAPSHOT], ["snapshot", SNAPSHOT], ["print", "done"]]);
    kept.load = { workers: 3, sessions: 40 };
    await until(() => expect(kept.notes().at(-1)).toEqual({ type: "workers", workers: 3, sessions: 40 }));
    expect(kept.notes().filter(({ type }) => type === "workers")).toHaveLength(1);
  });

  it("says goodbye when it is told to, and is killed when it does not end", async () => {
    const polite = new Kept([["joined"]]);
    await until(() => expect(polite.joined).toEqual([7]));
    const pid = polite.keeper.pid as number;
    await polite.keeper.leave();
    expect(isRunning(pid)).toBe(false);
    expect(polite.notes().at(-1)).toEqual({ type: "leave" });
    expect(polite.texts()).toEqual([]);

    const stubborn = new Kept([["stay"], ["joined"]]);
    await until(() => expect(stubborn.joined).toEqual([7]));
    const other = stubborn.keeper.pid as number;
    await stubborn.keeper.leave();
    expect(isRunning(other)).toBe(false);
    expect(stubborn.lives()).toHaveLength(1);
  });

  it("that cannot be started at all is tried again", async () => {
    const kept = new Kept([], { entry: "/nowhere/bridge.js" });
    await until(() => expect(kept.texts().length).toBeGreaterThan(1));
    expect(kept.texts()[0]).toContain("the bridge exited with code 1; next start in 20 ms");
  });
});
