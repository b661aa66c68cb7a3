import { describe, expect, it } from "vitest";
import { Simulator } from "./simulator.js";

describe("boot", () => {
  it("starts one worker in each slot, all of generation 1", () => {
    const fleet = new Simulator({ workers: 2 });
    expect(fleet.of("spawn")).toEqual([
      { do: "spawn", worker: 1, slot: 0, generation: 1, workers: 2, takesOver: false },
      { do: "spawn", worker: 2, slot: 1, generation: 1, workers: 2, takesOver: false },
    ]);
  });

  it("starts nobody before a site has given the fleet its number, and refuses to reload", () => {
    const fleet = new Simulator({ workers: 2 }, { held: true });
    fleet.pass(60_000);
    fleet.post({ type: "scale", to: 3, by: "test" });
    fleet.post({ type: "reload", by: "test", request: 1 });
    expect(fleet.of("answer")).toMatchObject([{ request: 1, error: { code: "ERR_SITE_WAIT" } }]);
    expect(fleet.of("spawn")).toEqual([]);
    fleet.post({ type: "start" });
    expect(fleet.of("spawn").map(({ slot }) => slot)).toEqual([0, 1, 2]);
    expect(fleet.of("signal")).toEqual([]);
  });

  it("ends at once with 0 when it is told to stop before it has its number", () => {
    const fleet = new Simulator({ workers: 2 }, { held: true });
    fleet.post({ type: "stop", by: "SIGTERM", signal: true });
    expect(fleet.of("finish")).toMatchObject([{ exitCode: 0, reason: "stop" }]);
    fleet.post({ type: "start" });
    expect(fleet.of("spawn")).toEqual([]);
  });

  it("ends with the exit code and the sentence of a site that it cannot join", () => {
    const fleet = new Simulator({ workers: 1 }, { held: true });
    const why = { message: "Redis refuses the password.", code: "ERR_REDIS_LOGIN" };
    fleet.post({ type: "cannot-join", ...why, exitCode: 2 });
    expect(fleet.of("finish")).toMatchObject([{ exitCode: 2, reason: "site", last: { failure: why } }]);
  });

  it("announces the fleet once, when the last slot is ready", () => {
    const fleet = new Simulator();
    fleet.ready(0, 1);
    expect(fleet.of("announce")).toEqual([]);
    fleet.now = 840;
    fleet.ready(2);
    expect(fleet.of("announce")).toEqual([{ do: "announce", ready: 3, wanted: 3, ms: 840 }]);
    fleet.exit(fleet.newest(2));
    fleet.pass(500);
    fleet.ready(2);
    expect(fleet.of("announce")).toHaveLength(1);
  });

  it("announces what there is when one slot has failed and the others are ready", () => {
    const fleet = new Simulator();
    fleet.ready(0);
    fleet.exit(fleet.newest(1));
    expect(fleet.of("announce")).toEqual([]);
    fleet.ready(2);
    expect(fleet.of("announce")).toMatchObject([{ ready: 2, wanted: 3 }]);
  });

  it("announces nothing while no worker is ready", () => {
    const fleet = new Simulator({ workers: 2 });
    fleet.exit(fleet.newest(0));
    fleet.exit(fleet.newest(1));
    expect(fleet.of("announce")).toEqual([]);
  });

  it("kills a worker that is not ready in time, and starts another only when it is gone", () => {
    const fleet = new Simulator({ workers: 1, bootTimeout: 5000 });
    fleet.pass(4999);
    expect(fleet.of("signal")).toEqual([]);
    fleet.pass(1);
    expect(fleet.of("signal")).toEqual([{ do: "signal", worker: 1, signal: "SIGKILL" }]);
    fleet.pass(500);
    expect(fleet.of("spawn")).toHaveLength(1);
    fleet.exit(fleet.newest(0), null, "SIGKILL");
    fleet.pass(100);
    expect(fleet.of("spawn")).toHaveLength(2);
    expect(fleet.state.lastFailure?.failure?.message).toContain("5000 ms");
  });

  it("ends at once, with 3, when some slot cannot have its own socket", () => {
    const fleet = new Simulator({ workers: 2, maxFailures: 9 });
    const message = "slot 1 cannot have port 4001";
    fleet.post({ type: "cannot-listen", worker: 1, slot: 1, message, code: "EADDRINUSE" });
    expect(fleet.states(0)).toEqual(["stopping"]);
    fleet.exit(fleet.newest(0), 1);
    fleet.exit(fleet.newest(1), 1);
    expect(fleet.of("finish")).toMatchObject([
      { exitCode: 3, reason: "listen", last: { slot: 1, failure: { message, code: "EADDRINUSE" } } },
    ]);
    expect(fleet.of("spawn")).toHaveLength(2);
  });

  it("does not end for that once it has served", () => {
    const fleet = new Simulator({ workers: 1 });
    fleet.ready(0);
    fleet.post({ type: "reload", by: "test" });
    fleet.post({ type: "cannot-listen", worker: 2, slot: 0, message: "taken", code: "EADDRINUSE" });
    expect(fleet.states(0)).toEqual(["ready", "starting"]);
    expect(fleet.of("finish")).toEqual([]);
  });

  it("says SIGKILL again to a process that does not die", () => {
    const fleet = new Simulator({ workers: 1, bootTimeout: 100 });
    fleet.pass(3100);
    expect(fleet.of("signal").length).toBeGreaterThanOrEqual(3);
  });

  it("ends with exit code 4 at once when the app cannot be loaded and nobody was ever ready", () => {
    const fleet = new Simulator({ workers: 2 });
    fleet.post({ type: "failed", worker: 1, kind: "load", message: "Cannot find module 'x'" });
    expect(fleet.states(1)).toEqual(["stopping"]);
    fleet.exit(fleet.newest(0));
    fleet.exit(fleet.newest(1), null, "SIGTERM");
    expect(fleet.of("finish")).toMatchObject([
      { exitCode: 4, reason: "load", last: { slot: 0, failure: { message: "Cannot find module 'x'" } } },
    ]);
    expect(fleet.of("spawn")).toHaveLength(2);
  });

  it("treats an app that cannot be loaded any more as a failed start once some worker was ready", () => {
    const fleet = new Simulator({ workers: 2 });
    fleet.ready(0);
    fleet.post({ type: "failed", worker: 2, kind: "load", message: "Unexpected token" });
    fleet.exit(fleet.newest(1));
    fleet.pass(100);
    expect(fleet.states(1)).toEqual(["starting"]);
    expect(fleet.state.ending).toBeNull();
  });

  it("kills a worker that said it failed and does not exit", () => {
    const fleet = new Simulator({ workers: 1 });
    fleet.post({ type: "failed", worker: 1, kind: "boot", message: "no database" });
    fleet.pass(2000);
    expect(fleet.of("signal")).toEqual([{ do: "signal", worker: 1, signal: "SIGKILL" }]);
  });

  it("counts a process that could not be made as a failed start", () => {
    const fleet = new Simulator({ workers: 1 });
    const problem = "could not be started: spawn EAGAIN";
    fleet.post({ type: "exited", worker: 1, code: null, signal: null, problem });
    expect(fleet.log).toContain("could not be started: spawn EAGAIN; next start in 100 ms");
  });
});
