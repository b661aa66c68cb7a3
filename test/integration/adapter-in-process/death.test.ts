import { type ChildProcess, execFile, fork } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { missingWorkers } from "../../../src/index.js";
import { Fleet, type Node, type TestClient, untilServers } from "./fleet.js";

let fleet: Fleet;
let nodes: [Node, Node];
let client: TestClient;
let dying: ChildProcess;

/** Two workers here, and a third in a process of its own: it has two clients, hears every question and answers none. */
beforeEach(async () => {
  fleet = await Fleet.open({}, 2);
  nodes = fleet.nodes as [Node, Node];
  client = await fleet.connect(nodes[1]);
  client.socket.on("ask", (...args: unknown[]) => (args.at(-1) as (value: unknown) => void)("alive"));
  nodes[1].io.on("ask", (done: (answer: string) => void) => done("alive"));
  dying = fork(join(import.meta.dirname, "silent-worker.ts"), [fleet.directory], {
    execArgv: ["--import", "tsx"],
  });
  await new Promise<void>((resolve) => dying.once("message", () => resolve()));
  for (const { io } of nodes) await untilServers(io, 3);
});
afterEach(async () => {
  dying.kill("SIGKILL");
  await fleet.close();
});

/**
 * Asks, waits until the dying worker has got the question, and kills it.
 * @returns the answer, and how long after the end of the process it came; how long the system takes to end it is not ours. Milliseconds.
 */
async function killDuring<T>(question: () => Promise<T>): Promise<{ answer: T; after: number }> {
  const heard = new Promise<void>((resolve) => dying.once("message", () => resolve()));
  const gone = new Promise<number>((resolve) => dying.once("exit", () => resolve(performance.now())));
  const answered = question().then((answer) => ({ answer, at: performance.now() }));
  await heard;
  dying.kill("SIGKILL");
  const [{ answer, at }, end] = await Promise.all([answered, gone]);
  return { answer, after: at - end };
}

describe("kill -9 of a worker while others wait for it", () => {
  test("fetchSockets settles with the sockets of the living", async () => {
    const { answer, after } = await killDuring(() => nodes[0].io.fetchSockets());
    expect(answer.map(({ id }) => id)).toEqual([client.id]);
    expect(missingWorkers(answer)).toEqual([{ host: 0, slot: 77, reason: "exited" }]);
    expect(nodes[0].adapter.counters.partial).toBe(1);
    expect(after).toBeLessThan(100);
  });

  test("serverSideEmitWithAck settles with the answers of the living", async () => {
    const { answer, after } = await killDuring(() => nodes[0].io.serverSideEmitWithAck("ask"));
    expect(answer).toEqual(["alive"]);
    expect(missingWorkers(answer)).toEqual([{ host: 0, slot: 77, reason: "exited" }]);
    expect(after).toBeLessThan(100);
  });

  test("emitWithAck settles with the answers of the clients of the living", async () => {
    const { answer, after } = await killDuring(() => nodes[0].io.timeout(60_000).emitWithAck("ask"));
    expect(answer).toEqual(["alive"]);
    expect(after).toBeLessThan(100);
  });

  test("emitWithAck keeps the answers that came from clients of the dead", async () => {
    const { answer, after } = await killDuring(() =>
      nodes[0].io.timeout(60_000).emitWithAck("ask", "one answers"),
    );
    expect(answer.toSorted()).toEqual(["alive", "from the dead"]);
    expect(after).toBeLessThan(100);
  });

  test("all of them at once settle, and the next questions do not ask the dead", async () => {
    const { answer, after } = await killDuring(() =>
      Promise.all(Array.from({ length: 50 }, () => nodes[0].io.fetchSockets())),
    );
    expect(answer.map((sockets) => sockets.length)).toEqual(Array(50).fill(1));
    expect(after).toBeLessThan(100);
    expect(await nodes[0].io.of("/").adapter.serverCount()).toBe(2);
    expect(await nodes[0].io.serverSideEmitWithAck("ask")).toEqual(["alive"]);
  });
});

test("a worker that has nothing else to do is not kept alive by the mesh", async () => {
  const entry = join(import.meta.dirname, "idle-worker.ts");
  const run = promisify(execFile)(process.execPath, ["--import", "tsx", entry, fleet.directory]);
  expect((await run).stdout).toBe("peers 3\n");
});
