/** The mesh and processes that are stopped, continued, killed or busy: who is hung, who is not, and what waits meanwhile. */

import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { MeshFleet, until, type Worker } from "../contract/mesh-fleet.js";

/** Milliseconds. Ticks are a sixth of it, which a busy machine does not miss six times in a row. */
const HUNG_AFTER = 900;
const KiB = 1024;
const MiB = 1024 * KiB;

let fleet: MeshFleet;
let worker: Worker;
let problems: string[];
/** What the worker in this process is told of the other. */
let log: string[];
let child: ChildProcess;
/** What the other hears. */
let heard: string[];

beforeEach(async () => {
  fleet = new MeshFleet();
  problems = [];
  log = [];
  heard = [];
  worker = await fleet.join({
    hungAfter: HUNG_AFTER,
    queueLimit: 2 * MiB,
    onProblem: (sentence) => problems.push(sentence),
  });
  worker.mesh.subscribe("c", {
    message: () => {},
    peerDown: ({ identity }) => log.push(`down ${identity.slot}`),
    peerHung: ({ identity }) => log.push(`hung ${identity.slot}`),
    peerBack: ({ identity }) => log.push(`back ${identity.slot}`),
    fitsAgain: ({ identity }) => log.push(`fits ${identity.slot}`),
  });
  const entry = join(import.meta.dirname, "mesh/mesh-worker.ts");
  child = fork(entry, [fleet.directory, "7", `${HUNG_AFTER}`], { execArgv: ["--import", "tsx"] });
  child.on("message", (event: string) => heard.push(event));
  await until(() => heard.includes("ready") && worker.mesh.peers().length === 1);
});
afterEach(() => {
  child.kill("SIGKILL");
  fleet.close();
});

test("a stopped process is hung but stays a peer, and hears on when it continues what waited for it", async () => {
  child.kill("SIGSTOP");
  worker.mesh.publish("c", Buffer.from("while it stands"));
  await until(() => log.includes("hung 7"));
  expect(worker.mesh.hung()).toEqual(worker.mesh.peers());
  expect(worker.mesh.peers()).toHaveLength(1);
  worker.mesh.publish("c", Buffer.from("while it is hung"));
  child.kill("SIGCONT");
  await until(() => log.includes("back 7") && heard.includes("while it is hung"));
  expect(log).toEqual(["hung 7", "back 7"]);
  expect(heard).toEqual(["ready", "while it stands", "while it is hung"]);
  expect(worker.mesh.hung()).toEqual([]);
  expect(problems).toEqual([
    "The worker of slot 7 has been silent for 0.9 s: it is hung, and nobody waits for its answers until it speaks again.",
    "The worker of slot 7, which was hung, speaks again.",
  ]);
});

test("one that is killed while it is hung goes down, and does not come back", async () => {
  child.kill("SIGSTOP");
  await until(() => log.includes("hung 7"));
  child.kill("SIGKILL");
  await until(() => log.includes("down 7"));
  expect(log).toEqual(["hung 7", "down 7"]);
  expect(worker.mesh.hung()).toEqual([]);
});

test("a stopped process is told in its place how much did not fit into its queue", async () => {
  child.kill("SIGSTOP");
  const { dropped } = worker.mesh.counters;
  let published = 0;
  for (; dropped.overflow < 20; published++) {
    const payload = Buffer.alloc(10 * KiB);
    payload.write(`#${published}`);
    worker.mesh.publish("c", payload);
  }
  await until(() => log.includes("hung 7"));
  child.kill("SIGCONT");
  await until(() => log.includes("fits 7"));
  worker.mesh.publish("c", Buffer.from("after"));
  await until(() => heard.includes("after"));
  const kept = Array.from({ length: published - dropped.overflow }, (_, number) => `#${number}`);
  expect(heard).toEqual(["ready", ...kept, `lost ${dropped.overflow}`, "after"]);
});

test("a process that was itself stopped, or busy, takes nobody for hung", async () => {
  child.kill("SIGSTOP");
  await until(() => log.includes("hung 7"));
  // The stopped one has had no word from this one for as long, and must not conclude anything from it.
  child.kill("SIGCONT");
  await until(() => log.includes("back 7"));
  child.send(["block", 2 * HUNG_AFTER]);
  await until(() => heard.includes("blocked"));
  // Long enough for every tick that could still conclude something from the silence before.
  const end = performance.now() + 1.5 * HUNG_AFTER;
  await until(() => performance.now() > end);
  expect(heard).toEqual(["ready", "blocked"]);
  expect(log).toEqual(["hung 7", "back 7", "hung 7", "back 7"]);
});
