/** The mesh beyond the contract: how links come to be, break, heal and are bounded. */

import { existsSync, renameSync } from "node:fs";
import { connect, createServer } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { BusHandlers } from "../../src/bus/bus.js";
import {
  encodeHello,
  encodeWelcome,
  HELLO_TYPE,
  type Hello,
  PROTOCOL_VERSION,
  readFirstFrame,
} from "../../src/protocol/hello.js";
import { workerSocket } from "../../src/protocol/runtime-directory.js";
import { MeshFleet, until, type Worker } from "./mesh-fleet.js";
import { answerHello, endRawLinks, rawLink, serve } from "./raw-link.js";

let fleet: MeshFleet;
beforeEach(() => {
  fleet = new MeshFleet();
});
afterEach(() => {
  endRawLinks();
  fleet.close();
});

/** Subscribes to `channel` and writes down what happens. */
function listen({ mesh }: Worker, channel = "c", handlers: Partial<BusHandlers> = {}): string[] {
  const log: string[] = [];
  mesh.subscribe(channel, {
    message: (from, payload) => log.push(`${from.identity.slot}: ${payload}`),
    peerUp: (peer) => log.push(`up ${peer.identity.slot}`),
    peerDown: (peer) => log.push(`down ${peer.identity.slot}`),
    ...handlers,
  });
  return log;
}

describe("newcomers that dial each other at the same time", () => {
  for (const round of [1, 2, 3, 4, 5]) {
    test(`get one link for each pair, and lose no message (round ${round})`, async () => {
      const workers = await Promise.all(Array.from({ length: 6 }, (_, slot) => fleet.listen({ slot })));
      const logs = workers.map((worker) =>
        listen(worker, "c", {
          // The first possible moment: what is published here must not go down with a link that was not chosen.
          peerUp: (peer) => worker.mesh.send([peer], "c", Buffer.from("hello")),
          peerDown: () => expect.unreachable("a settled link was closed"),
        }),
      );
      await Promise.all(workers.map(({ mesh }) => mesh.start()));
      await until(() => workers.every(({ mesh }) => mesh.peers().length === 5));
      for (const { mesh } of workers) mesh.publish("c", Buffer.from("to all"));
      await until(() => logs.every((log) => log.filter((line) => line.endsWith("to all")).length >= 5));
      for (const [slot, log] of logs.entries()) {
        const others = [0, 1, 2, 3, 4, 5].filter((other) => other !== slot);
        expect(log.toSorted()).toEqual(others.flatMap((other) => [`${other}: hello`, `${other}: to all`]));
      }
    });
  }

  test("settle in whatever order the keys are", async () => {
    for (const [first, second] of [
      ["a", "b"],
      ["b", "a"],
    ]) {
      const left = await fleet.listen({ slot: 7, incarnation: `1${first}` });
      const right = await fleet.listen({ slot: 7, incarnation: `1${second}` });
      await Promise.all([left.mesh.start(), right.mesh.start()]);
      const log = listen(right);
      await until(() => left.mesh.peers().some(({ key }) => key === right.mesh.self.key));
      await until(() => right.mesh.peers().some(({ key }) => key === left.mesh.self.key));
      left.mesh.publish("c", Buffer.from("once"));
      left.mesh.publish("c", Buffer.from("after"));
      await until(() => log.includes("7: after"));
      expect(log).toEqual(["7: once", "7: after"]);
      fleet.close();
      fleet = new MeshFleet();
    }
  });
});

/** The socket of slot 1: behind it answers `worker`, to whom every dialler there seems to speak version 1. */
async function serveAsVersion1({ directory }: MeshFleet, worker: Worker): Promise<void> {
  await serve(workerSocket(directory, 1, "old"), (socket) => {
    socket.once("data", (bytes: Buffer) => {
      const hello = JSON.parse(`${readFirstFrame(bytes, HELLO_TYPE)?.payload}`) as Hello;
      const behind = connect(worker.linkServer.path);
      behind.write(encodeHello({ ...hello, version: 1 }));
      behind.pipe(socket);
    });
  });
}

describe("a link", () => {
  test("to a dead worker's socket file is skipped without a word", async () => {
    const path = workerSocket(fleet.directory, 5, "dead");
    const server = createServer().listen(path);
    await until(() => existsSync(path));
    renameSync(path, `${path}.away`);
    server.close();
    renameSync(`${path}.away`, path);
    const problems: string[] = [];
    const { mesh } = await fleet.join({ slot: 0, onProblem: (sentence) => problems.push(sentence) });
    expect(mesh.peers()).toEqual([]);
    expect(problems).toEqual([]);
  });

  test("that the other side refuses is reported in one sentence", async () => {
    await serve(workerSocket(fleet.directory, 5, "old"), (socket) => {
      socket.once("data", () => socket.end(encodeWelcome("This worker speaks protocol version 9.")));
    });
    const problems: string[] = [];
    const { mesh } = await fleet.join({ slot: 0, onProblem: (sentence) => problems.push(sentence) });
    expect(mesh.peers()).toEqual([]);
    expect(problems).toEqual([
      "The worker of slot 5 takes no bus link from this one: This worker speaks protocol version 9. Broadcasts do not pass between the two.",
    ]);
  });

  test("between two versions is refused with a sentence that the dialler reports, and other links go on", async () => {
    const first = await fleet.join({ slot: 0 });
    await serveAsVersion1(fleet, first);
    const problems: string[] = [];
    const newcomer = await fleet.join({ slot: 5, onProblem: (sentence) => problems.push(sentence) });
    const log = listen(newcomer);
    expect(newcomer.mesh.peers()).toEqual([first.mesh.self]);
    expect(problems).toEqual([
      `The worker of slot 1 takes no bus link from this one: This peer speaks protocol version 1, this worker speaks ${PROTOCOL_VERSION}; run one version of holdfast in a fleet. Broadcasts do not pass between the two.`,
    ]);
    first.mesh.publish("c", Buffer.from("still here"));
    await until(() => log.includes("0: still here"));
  });

  test("to a worker that was too busy to answer comes up later", async () => {
    const identity = { host: 0, slot: 5, incarnation: "busy", generation: 1 };
    let calls = 0;
    await serve(workerSocket(fleet.directory, 5, "busy"), (socket) => {
      calls += 1;
      if (calls === 1) socket.destroy();
      else answerHello(socket, identity);
    });
    const { mesh } = await fleet.join({ slot: 0 });
    expect(mesh.peers()).toEqual([]);
    await until(() => mesh.peers().length === 1);
    expect(mesh.peers()[0]?.identity).toEqual(identity);
  });

  test("that breaks between two living workers is made again", async () => {
    const left = await fleet.join();
    const right = await fleet.join();
    await until(() => right.mesh.peers().length === 1);
    const log = listen(right);
    // Whoever dials has no link in its own eyes, so the larger key takes it for the truth, and cuts the real one.
    const raw = await rawLink(right, left.mesh.self.identity);
    await until(() => log.length === 2 && left.mesh.peers().length === 0);
    expect(log).toEqual(["down 0", "up 0"]);
    raw.destroy();
    await until(() => left.mesh.peers().length === 1 && right.mesh.peers().length === 1);
    left.mesh.publish("c", Buffer.from("healed"));
    await until(() => log.includes("0: healed"));
    expect(log).toEqual(["down 0", "up 0", "down 0", "up 0", "0: healed"]);
  });

  test("is no death notice for others", async () => {
    const workers = [await fleet.join(), await fleet.join(), await fleet.join()];
    const [first, second, third] = workers as [Worker, Worker, Worker];
    await until(() => workers.every(({ mesh }) => mesh.peers().length === 2));
    const log = listen(first);
    third.mesh.close();
    await until(() => log.length === 1);
    expect(log).toEqual(["down 2"]);
    expect(first.mesh.peers()).toEqual([second.mesh.self]);
  });
});

describe("peerOfSlot", () => {
  test("names the newest worker of a slot and its socket", async () => {
    const first = await fleet.join({ slot: 0 });
    expect(first.mesh.peerOfSlot(3)).toBeUndefined();
    const old = await fleet.join({ slot: 3, generation: 1 });
    await until(() => first.mesh.peers().length === 1);
    expect(first.mesh.peerOfSlot(3)).toEqual({ peer: old.mesh.self, path: old.linkServer.path });
    const young = await fleet.join({ slot: 3, generation: 2 });
    await until(() => first.mesh.peers().length === 2);
    expect(first.mesh.peerOfSlot(3)).toEqual({ peer: young.mesh.self, path: young.linkServer.path });
    expect(young.mesh.peerOfSlot(3)?.peer, "the other worker of its own slot").toEqual(old.mesh.self);
    young.mesh.close();
    await until(() => first.mesh.peers().length === 1);
    expect(first.mesh.peerOfSlot(3)?.peer).toEqual(old.mesh.self);
  });

  test("of a restarted worker is the one that lives", async () => {
    const first = await fleet.join({ slot: 0 });
    const dead = await fleet.join({ slot: 1, incarnation: "zz" });
    await until(() => first.mesh.peers().length === 1);
    dead.mesh.close();
    dead.linkServer.close();
    const born = await fleet.join({ slot: 1, incarnation: "aa" });
    await until(() => first.mesh.peerOfSlot(1)?.peer.key === born.mesh.self.key);
    expect(first.mesh.peers()).toEqual([born.mesh.self]);
  });
});

test("watch tells who comes and goes, until it ends", async () => {
  const worker = await fleet.join();
  const log: string[] = [];
  const end = worker.mesh.watch({
    peerUp: ({ identity }) => log.push(`up ${identity.slot}`),
    peerDown: ({ identity }) => log.push(`down ${identity.slot}`),
  });
  const other = await fleet.join();
  await until(() => log.length === 1);
  other.mesh.close();
  await until(() => log.length === 2);
  end();
  await fleet.join();
  await until(() => worker.mesh.peers().length === 1);
  expect(log).toEqual(["up 1", "down 1"]);
});

test("a mesh that was closed refuses newcomers without a problem for them", async () => {
  const gone = await fleet.join();
  gone.mesh.close();
  const problems: string[] = [];
  const { mesh } = await fleet.join({ onProblem: (sentence) => problems.push(sentence) });
  expect(mesh.peers()).toEqual([]);
  expect(problems).toEqual([]);
});
