import { beforeEach, describe, expect, it } from "vitest";
import { deferred } from "../../../src/base/deferred.js";
import { UsageError } from "../../../src/base/errors.js";
import type { Refusal } from "../../../src/primary/lifecycle/events.js";
import { type FleetState, initialState } from "../../../src/primary/lifecycle/state.js";
import { Reloader, type StartPlan } from "../../../src/primary/reloader.js";
import { fleetSettings } from "./fleet-settings.js";

const planOf = (policy: "ip-hash" | "cookie"): StartPlan => ({
  settings: fleetSettings({ policy }),
  loaderArgs: [],
  loaderEnv: {},
  folder: "/srv",
});

/** A fleet that answers as it is told, and what was done to it, in order. */
class Scene {
  readonly done: string[] = [];
  state: FleetState = initialState(fleetSettings(), 0);
  answer: Promise<Refusal | null> = Promise.resolve(null);
  read: (env: NodeJS.ProcessEnv) => Promise<StartPlan> = async () => planOf("cookie");
  readonly reloader: Reloader;

  constructor() {
    const scene = this;
    this.reloader = new Reloader({
      fleet: {
        get state() {
          return scene.state;
        },
        ask: (event) => {
          this.done.push(`ask ${JSON.stringify(event)}`);
          return this.answer;
        },
      },
      log: { write: ({ event, text }) => void this.done.push(`${event}: ${text}`) },
      plan: planOf("ip-hash"),
      env: { KEY: "old" },
      read: (env) => this.read(env),
      use: ({ settings }, { KEY }) => void this.done.push(`use ${settings.policy} ${KEY}`),
      onRefused: () => void this.done.push("refused"),
    });
  }
}

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
});

const REFUSAL = { code: "ERR_RELOAD_FAILED", message: "It failed." };

describe("a reload", () => {
  it("begins with what was read, and with the variables that were given", async () => {
    const answer = await scene.reloader.reload({ by: "test", parallel: 2, env: { KEY: "new" } });
    expect(answer).toEqual({ refusal: null, warnings: [] });
    expect(scene.done).toEqual(["use cookie new", 'ask {"type":"reload","by":"test","parallel":2}']);
  });

  it("that fails leaves what held before", async () => {
    scene.answer = Promise.resolve(REFUSAL);
    expect((await scene.reloader.reload({ by: "test", env: { KEY: "new" } })).refusal).toBe(REFUSAL);
    expect(scene.done.filter((line) => line.startsWith("use"))).toEqual([
      "use cookie new",
      "use ip-hash old",
    ]);
  });

  it("keeps the variables that were given for the next one", async () => {
    await scene.reloader.reload({ by: "test", env: { KEY: "new" } });
    await scene.reloader.reload({ by: "test" });
    expect(scene.done.filter((line) => line.startsWith("use"))).toEqual(["use cookie new", "use cookie new"]);
  });

  it("is refused where the configuration cannot be used, and the fleet hears nothing of it", async () => {
    scene.read = () => Promise.reject(new UsageError("ERR_CONFIG_FILE", "holdfast.config.mjs is broken."));
    const { refusal } = await scene.reloader.reload({ by: "SIGHUP" });
    const message = "holdfast.config.mjs is broken. Nothing was reloaded; the fleet serves on as it was.";
    expect(refusal).toEqual({ code: "ERR_CONFIG_FILE", message, usage: true });
    expect(scene.done).toEqual([`reload-refused: reload refused: ${message}`, "refused"]);
  });

  it("is refused while another is being read, which goes on", async () => {
    const plan = deferred<StartPlan>();
    scene.read = () => plan.promise;
    const first = scene.reloader.reload({ by: "first" });
    const second = await scene.reloader.reload({ by: "second" });
    expect(second.refusal?.code).toBe("ERR_RELOAD_IN_PROGRESS");
    plan.resolve(planOf("cookie"));
    expect((await first).refusal).toBeNull();
    expect(scene.done.filter((line) => line.startsWith("ask"))).toEqual([
      'ask {"type":"reload","by":"first"}',
    ]);
  });

  it.each([
    ["before", false],
    ["while the configuration is read", true],
  ])("of a fleet that was told to stop %s changes nothing", async (_when, meanwhile) => {
    const stop = (): void => {
      scene.state = { ...scene.state, leaving: { since: 0, drainAt: 1 } };
    };
    scene.answer = Promise.resolve(REFUSAL);
    if (!meanwhile) stop();
    scene.read = async () => {
      stop();
      return planOf("cookie");
    };
    expect((await scene.reloader.reload({ by: "test" })).refusal).toBe(REFUSAL);
    expect(scene.done).toEqual(['ask {"type":"reload","by":"test"}']);
  });

  it("names each setting that keeps its old value, in the log and to the asker", async () => {
    const changed = planOf("cookie");
    scene.read = async () => ({ ...changed, settings: { ...changed.settings, port: 1 } });
    const { warnings } = await scene.reloader.reload({ by: "test" });
    expect(warnings).toEqual([expect.stringContaining('"port"')]);
    expect(scene.done[0]).toBe(`setting-kept: ${warnings[0]}`);
  });
});
