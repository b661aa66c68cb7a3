import type { ChildProcess } from "node:child_process";
import { EventEmitter } from "node:events";
import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import type { FleetSettings } from "../../../src/config/settings.js";
import { Fleet } from "../../../src/primary/fleet.js";
import { Listeners } from "../../../src/primary/listeners.js";
import { Log } from "../../../src/primary/log.js";
import { FleetMemory } from "../../../src/primary/memory.js";
import { OutputTarget } from "../../../src/primary/output.js";
import type { WorkerPlace } from "../../../src/primary/spawn.js";
import type { ToPrimary, ToWorker } from "../../../src/protocol/messages.js";
import { fleetSettings } from "./fleet-settings.js";

/** A process that does nothing by itself. */
class FakeChild extends EventEmitter {
  pid: number | undefined;
  readonly stdout = new PassThrough();
  readonly stderr = new PassThrough();
  readonly connected = true;
  readonly got: ToWorker[] = [];
  readonly signals: string[] = [];

  constructor(pid: number) {
    super();
    this.pid = pid;
  }

  send(
    envelope: { message: ToWorker },
    _handle: unknown,
    _options: object,
    sent: (error: null) => void,
  ): boolean {
    this.got.push(envelope.message);
    sent(null);
    return true;
  }

  kill(signal: string): void {
    this.signals.push(signal);
  }

  says(message: ToPrimary): void {
    this.emit("internalMessage", { cmd: "NODE_HOLDFAST", message }, undefined);
  }

  exits(code: number | null, signal: string | null = null): void {
    this.emit("exit", code, signal);
    this.emit("close", code, signal);
  }
}

type Timer = { readonly at: number; readonly run: () => void };

class World {
  now = 0;
  readonly children: FakeChild[] = [];
  readonly timers = new Set<Timer>();
  readonly removed: [number, boolean][] = [];
  readonly stdout = new PassThrough();
  readonly stderr = new PassThrough();
  readonly fleet: Fleet;
  failForks = false;

  readonly places: WorkerPlace[] = [];

  constructor(workers = 1, limit?: number, part: Partial<FleetSettings> = {}) {
    const outputs = { stdout: new OutputTarget(this.stdout), stderr: new OutputTarget(this.stderr) };
    this.fleet = new Fleet({
      settings: fleetSettings({ workers, ...part }),
      version: "0",
      outputs,
      log: new Log({ format: "pretty", name: "test", ...outputs }),
      listeners: new Listeners(),
      memory: new FleetMemory({ nodeArgs: [] }, {}, { limit, ownHeap: 0.25 * 2 ** 30 }),
      removeFiles: (slot, alone) => void this.removed.push([slot, alone]),
      env: {
        now: () => this.now,
        fork: (place) => this.#fork(place),
        setTimer: (run, delay) => this.#setTimer(run, delay),
      },
    });
    this.fleet.post({ type: "start" });
  }

  get last(): FakeChild {
    return this.children.at(-1) as FakeChild;
  }

  pass(milliseconds: number): void {
    this.now += milliseconds;
    for (const timer of [...this.timers]) {
      if (timer.at > this.now) continue;
      this.timers.delete(timer);
      timer.run();
    }
  }

  #fork(place: WorkerPlace): ChildProcess {
    this.places.push(place);
    if (this.failForks) throw new Error("spawn EAGAIN");
    const child = new FakeChild(1000 + this.children.length);
    this.children.push(child);
    return child as unknown as ChildProcess;
  }

  #setTimer(run: () => void, delay: number): () => void {
    const timer = { at: this.now + delay, run };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }
}

describe("the fleet's loop", () => {
  it("starts a worker, hears that it is ready, and prints the ready line with its address", () => {
    const world = new World();
    world.last.says({ type: "listening", address: { address: "::", family: "IPv6", port: 3000 } });
    world.now = 70;
    world.last.says({ type: "ready" });
    expect(String(world.stdout.read())).toBe(
      `holdfast ready name=test port=3000 workers=1 pid=${process.pid} in 70 ms\n`,
    );
  });

  it("has one timer at a time, for what is due first, and none when it has ended", () => {
    const world = new World(2);
    expect([...world.timers].map(({ at }) => at)).toEqual([5000]);
    world.now = 10;
    world.last.exits(1);
    expect([...world.timers].map(({ at }) => at)).toEqual([110]);
    world.pass(100);
    expect(world.children).toHaveLength(3);
    world.fleet.post({ type: "stop", by: "test", signal: false });
    for (const child of world.children) child.exits(0);
    expect(world.timers.size).toBe(0);
  });

  it("waits for what a process still has to say after its exit, and for no longer than needed", async () => {
    const world = new World();
    world.last.emit("exit", 1, null);
    world.last.says({ type: "failed", kind: "boot", message: "no database" });
    world.last.emit("close");
    expect(world.fleet.state.lastFailure?.failure?.message).toBe("no database");
    expect(String(world.stderr.read())).toContain("exited with code 1 before it was ready (no database)");
  });

  it("learns of an exit although the outputs stay open", async () => {
    const world = new World();
    world.last.emit("exit", 1, null);
    expect(world.removed).toEqual([]);
    await expect.poll(() => world.removed).toEqual([[0, true]]);
    world.last.emit("close");
    expect(world.removed).toHaveLength(1);
  });

  it("keeps the files of a slot in which another worker lives", () => {
    const world = new World();
    world.last.says({ type: "ready" });
    world.fleet.post({ type: "reload", by: "test" });
    world.last.exits(1);
    expect(world.removed).toEqual([[0, false]]);
  });

  it("counts a fork that throws as a failed start, and tries again", () => {
    const world = new World();
    world.failForks = true;
    world.last.exits(1);
    world.pass(100);
    expect(world.fleet.state.lastFailure?.how).toBe("could not be started: spawn EAGAIN");
    world.failForks = false;
    world.pass(200);
    expect(world.children).toHaveLength(2);
  });

  it("counts a process that never came to be as a failed start", () => {
    const world = new World();
    world.last.pid = undefined;
    world.last.emit("error", new Error("spawn ENOMEM"));
    expect(world.fleet.state.lastFailure?.how).toContain("could not be started: spawn ENOMEM");
  });

  it("sends a drain over the channel, and signals only in time", () => {
    const world = new World();
    world.last.says({ type: "ready" });
    world.fleet.post({ type: "stop", by: "test", signal: false });
    expect(world.last.got).toEqual([{ type: "drain", within: 4000 }]);
    world.pass(4000);
    world.pass(1000);
    expect(world.last.signals).toEqual(["SIGTERM", "SIGKILL"]);
  });

  it("ends once, with the last lines that the failed worker wrote", async () => {
    const world = new World();
    for (let start = 0; start < 3; start++) {
      world.last.stderr.write(`attempt ${start}\n`);
      await new Promise((resolve) => setImmediate(resolve));
      world.last.exits(1);
      world.pass(400);
    }
    expect(await world.fleet.ended).toMatchObject({
      exitCode: 3,
      reason: "gave-up",
      failures: 3,
      tail: ["attempt 2"],
    });
  });

  it("carries a handoff from the old worker to the new one, and passes connections to whoever accepts", () => {
    const world = new World(1, undefined, { handoffTimeout: 5000 });
    const old = world.last;
    old.says({ type: "ready" });
    world.fleet.post({ type: "reload", by: "test" });
    const heir = world.last;
    expect(world.places.map(({ takesOver }) => takesOver)).toEqual([false, true]);
    heir.says({ type: "ready" });
    expect(old.got).toEqual([{ type: "hand-over", to: [0], within: 4000 }]);
    expect(world.fleet.receiverFor(0)?.pid).toBe(old.pid);
    old.says({ type: "handoff-progress", moved: 3, left: 2 });
    expect(world.fleet.status()).toMatchObject({ change: { moved: 3, now: [{ left: 2 }] } });
    old.says({ type: "handed-over", report: { moved: 5, stayed: {}, longestPause: 3 } });
    expect(heir.got).toEqual([{ type: "take-over" }]);
    expect(old.got[1]).toMatchObject({ type: "drain" });
    expect(world.fleet.receiverFor(0)?.pid).toBe(heir.pid);
  });

  it("hears from a new worker that waits that it does not hang, and kills one that says nothing", () => {
    const world = new World(1, undefined, { handoffTimeout: 60_000 });
    const old = world.last;
    old.says({ type: "ready" });
    world.fleet.post({ type: "reload", by: "test" });
    const heir = world.last;
    heir.says({ type: "ready" });
    world.pass(4000);
    heir.says({ type: "snapshot", snapshot: { sessions: 0 } as never });
    world.pass(4000);
    expect(heir.signals).toEqual([]);
    world.pass(1000);
    expect(heir.signals).toEqual(["SIGKILL"]);
    heir.exits(null, "SIGKILL");
    expect(old.got.at(-1)).toEqual({ type: "keep" });
  });

  it("counts the sessions of each slot where they are to be spread anew", () => {
    const world = new World(1, undefined, { handoffTimeout: 5000 });
    const first = world.last;
    first.says({ type: "ready" });
    first.says({ type: "snapshot", snapshot: { sessions: 10 } as never });
    void world.fleet.ask({ type: "scale", to: 2, by: "test", rebalance: true });
    world.last.says({ type: "ready" });
    expect(first.got).toEqual([{ type: "hand-over", to: [1], within: 4000, share: 5 }]);
  });

  it("answers a request when it is done", async () => {
    const world = new World();
    world.last.says({ type: "ready" });
    const answer = world.fleet.ask({ type: "scale", to: 2, by: "test" });
    world.last.says({ type: "ready" });
    expect(await answer).toBeNull();
    const refusal = await world.fleet.ask({ type: "scale", to: 0, by: "test" });
    expect(refusal?.code).toBe("ERR_WORKERS");
  });

  it("warns when it is scaled to more workers than the memory has room for, once for each number", () => {
    const world = new World(4, 0.5 * 2 ** 30);
    expect(String(world.stderr.read() ?? "")).not.toContain("too little");
    for (const to of [5, 6, 5, 6]) world.fleet.post({ type: "scale", to, by: "test" });
    const said = String(world.stderr.read());
    expect(said.match(/too little for 5 workers/g)).toHaveLength(1);
    expect(said.match(/too little for 6 workers/g)).toHaveLength(1);
  });

  it("keeps a worker's numbers for the status", () => {
    const world = new World();
    const snapshot = { sessions: 3 } as Extract<ToPrimary, { type: "snapshot" }>["snapshot"];
    world.last.says({ type: "snapshot", snapshot });
    expect(world.fleet.status()).toMatchObject({ sessions: 3, workers: [{ snapshot: { sessions: 3 } }] });
  });

  it("closes a descriptor that comes with a message of the app", () => {
    const world = new World();
    let closed = 0;
    world.last.emit("message", "hello", { close: () => closed++ });
    expect(closed).toBe(1);
  });

  it("ignores a message of a kind that it does not know", () => {
    const world = new World();
    expect(() => world.last.says({ type: "later-version" } as unknown as ToPrimary)).not.toThrow();
  });
});
