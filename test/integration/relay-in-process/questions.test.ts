import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { missingWorkers } from "../../../src/adapter/partial.js";
import { type Host, HostFleet, serverSocket, type TestClient, until, type Worker } from "./hosts.js";

let fleet: HostFleet;
let clients: TestClient[];
let asker: Worker;
let last: Host;
beforeEach(async () => {
  fleet = await HostFleet.open(2, 2, 1);
  clients = await fleet.connectAll();
  asker = fleet.workers[0] as Worker;
  last = fleet.hosts[2] as Host;
});
afterEach(() => fleet.close());

const idsOf = (sockets: readonly { id: string }[]): string[] => sockets.map(({ id }) => id).sort();
const allIds = (): string[] => clients.map(({ id }) => id).sort();

/** Every client answers `ask` with its id. */
function answerAll(): void {
  for (const { socket, id } of clients) socket.on("ask", (done: (answer: string) => void) => done(id));
}

test("serverCount counts the servers of all hosts", async () => {
  expect(await asker.io.of("/").adapter.serverCount()).toBe(5);
  await fleet.kill(last);
  await fleet.settled();
  expect(await asker.io.of("/").adapter.serverCount()).toBe(4);
});

describe("fetchSockets", () => {
  test("finds the sockets of all hosts, with their data and rooms", async () => {
    const member = serverSocket(clients[3] as TestClient);
    member.data = { name: "ada", since: new Date(0) };
    member.join("red");
    await fleet.settled();
    const sockets = await asker.io.fetchSockets();
    expect(idsOf(sockets)).toEqual(allIds());
    expect(missingWorkers(sockets)).toEqual([]);
    const [red] = await asker.io.in("red").fetchSockets();
    expect(red).toMatchObject({ id: member.id, data: { name: "ada", since: new Date(0) } });
    expect([...(red?.rooms ?? [])]).toEqual([member.id, "red"]);
  });

  test("says which host was gone before it had answered", async () => {
    const asked = new Promise<void>((resolve) => {
      const { bridge } = last;
      fleet.site.break(bridge.site, (fleet.hosts[0] as Host).bridge.site);
      const watch = setInterval(() => {
        if (fleet.site.sent.some(({ from }) => from === last.number)) {
          clearInterval(watch);
          resolve();
        }
      }, 1);
      fleet.site.sent.length = 0;
    });
    const found = asker.io.fetchSockets();
    await asked;
    await fleet.kill(last);
    const sockets = await found;
    expect(idsOf(sockets)).toEqual(allIds().filter((id) => id !== clients[4]?.id));
    expect(missingWorkers(sockets)).toEqual([{ host: 2, reason: "unreachable" }]);
  });

  test("says which worker of another host hangs", async () => {
    const hung = fleet.workers[3] as Worker;
    hung.host.network.stall(hung.bus);
    while ((await asker.io.of("/").adapter.serverCount()) !== 4)
      await new Promise((resolve) => setImmediate(resolve));
    const sockets = await asker.io.fetchSockets();
    expect(idsOf(sockets)).toEqual(allIds().filter((id) => id !== clients[3]?.id));
    expect(missingWorkers(sockets)).toEqual([{ host: 1, slot: 1, reason: "hung" }]);
    hung.host.network.resume(hung.bus);
  });

  test("says that the other hosts are out of reach when the own bridge dies with the question", async () => {
    const { network, bridge } = asker.host;
    network.hold(bridge.bus, asker.bus);
    const found = asker.io.fetchSockets();
    await fleet.settled();
    network.kill(bridge.bus);
    const sockets = await found;
    expect(idsOf(sockets)).toEqual([clients[0]?.id, clients[1]?.id].sort());
    expect(missingWorkers(sockets)).toEqual([
      { host: 1, reason: "unreachable" },
      { host: 2, reason: "unreachable" },
    ]);
  });

  test("fails with Socket.IO's own words when a host that lives is silent", async () => {
    fleet.site.break(last.bridge.site, asker.host.bridge.site);
    const found = asker.io.timeout(50).fetchSockets();
    await expect(found).rejects.toThrow("timeout reached: only 3 responses received out of 4");
  });
});

describe("broadcasts that clients answer", () => {
  test("end with the answers of the clients of all hosts", async () => {
    answerAll();
    const answers = await asker.io.timeout(5000).emitWithAck("ask");
    expect(answers.sort()).toEqual(allIds());
  });

  test("end where only one host has members, and where none has", async () => {
    answerAll();
    serverSocket(clients[2] as TestClient).join("red");
    await fleet.settled();
    expect(await asker.io.to("red").timeout(5000).emitWithAck("ask")).toEqual([clients[2]?.id]);
    expect(await asker.io.to("nowhere").timeout(5000).emitWithAck("ask")).toEqual([]);
  });

  test("do not wait for the clients of a host that is gone", async () => {
    const heard = new Promise<void>((resolve) => clients[4]?.socket.once("ask", () => resolve()));
    for (const { socket, id } of clients.slice(0, 4)) socket.on("ask", (done) => done(id));
    const answers = asker.io.timeout(30_000).emitWithAck("ask");
    await heard;
    await fleet.kill(last);
    expect((await answers).sort()).toEqual(
      clients
        .slice(0, 4)
        .map(({ id }) => id)
        .sort(),
    );
  });

  test("do not wait for the clients of a worker that is gone there", async () => {
    const heard = new Promise<void>((resolve) => clients[3]?.socket.once("ask", () => resolve()));
    for (const { socket, id } of clients.filter((_, i) => i !== 3)) socket.on("ask", (done) => done(id));
    const answers = asker.io.timeout(30_000).emitWithAck("ask");
    await heard;
    const gone = fleet.workers[3] as Worker;
    gone.host.network.kill(gone.bus);
    expect(await answers).toHaveLength(4);
  });

  test("give at the time limit what has come", async () => {
    for (const { socket, id } of clients.slice(0, 4)) socket.on("ask", (done) => done(id));
    const answers = await new Promise<[Error, string[]]>((resolve) =>
      asker.io.timeout(100).emit("ask", (error: Error, got: string[]) => resolve([error, got])),
    );
    expect(answers[0]).toBeInstanceOf(Error);
    expect(answers[1]).toHaveLength(4);
  });
});

describe("serverSideEmit", () => {
  test("reaches the servers of all hosts but the one that asks, once", async () => {
    const heard: number[] = [];
    for (const [index, { io }] of fleet.workers.entries()) io.on("news", () => heard.push(index));
    asker.io.serverSideEmit("news");
    await fleet.settled();
    expect(heard.sort()).toEqual([1, 2, 3, 4]);
  });

  test("brings the answers of all servers", async () => {
    for (const [index, { io }] of fleet.workers.entries()) {
      io.on("ask", (value: Buffer, done: (answer: unknown) => void) => done({ index, value }));
    }
    const answers = await asker.io.serverSideEmitWithAck("ask", Buffer.from("hello"));
    const indexes = answers.map(({ index }: { index: number }) => index);
    expect(indexes.sort()).toEqual([1, 2, 3, 4]);
    expect(answers[0].value).toEqual(Buffer.from("hello"));
  });

  test("names the host that was gone before it had answered", async () => {
    for (const { io, host } of fleet.workers) {
      io.on("ask", (done: (answer: number) => void) => host !== last && done(host.number));
    }
    const heard = new Promise((resolve) => fleet.workers[4]?.io.on("ask", resolve));
    const found = asker.io.serverSideEmitWithAck("ask");
    await heard;
    await fleet.kill(last);
    const answers = await found;
    expect(answers.sort()).toEqual([0, 1, 1]);
    expect(missingWorkers(answers)).toEqual([{ host: 2, reason: "unreachable" }]);
  });
});

describe("while Redis is away", () => {
  test("questions end at once with what is here, and say whose answers are missing", async () => {
    answerAll();
    fleet.site.goAway();
    const sockets = await asker.io.fetchSockets();
    expect(idsOf(sockets)).toEqual([clients[0]?.id, clients[1]?.id].sort());
    expect(missingWorkers(sockets)).toEqual([
      { host: 1, reason: "unreachable" },
      { host: 2, reason: "unreachable" },
    ]);
    expect(await asker.io.timeout(30_000).emitWithAck("ask")).toHaveLength(2);
  });

  test("what is said waits, and arrives", async () => {
    fleet.site.goAway();
    asker.io.emit("hello");
    serverSocket(clients[4] as TestClient).join("red");
    await fleet.settled();
    expect(clients[4]?.events).toEqual([]);
    fleet.site.comeBack();
    await until(() => clients.every(({ events }) => events.length > 0));
    await fleet.settled();
    asker.io.to("red").emit("again");
    await until(() => clients[4]?.events.length === 2);
    await fleet.settled();
    expect(clients.map(({ events }) => events.length)).toEqual([1, 1, 1, 1, 2]);
    expect(await asker.io.fetchSockets()).toHaveLength(5);
  });
});

describe("at the sockets of other hosts", () => {
  test("joins hold for what the same worker emits next, and for all later on", async () => {
    asker.io.socketsJoin("red");
    asker.io.to("red").emit("first");
    await until(() => clients.every(({ events }) => events.length > 0));
    await fleet.settled();
    fleet.workers[4]?.io.to("red").emit("second");
    await until(() => clients.every(({ events }) => events.length > 1));
    for (const { events } of clients) expect(events).toEqual([["first"], ["second"]]);
    asker.io.in(clients[4]?.id as string).socketsLeave("red");
    asker.io.to("red").emit("third");
    await until(() => clients.slice(0, 4).every(({ events }) => events.length > 2));
    await fleet.settled();
    expect(clients[4]?.events).toHaveLength(2);
  });

  test("disconnects happen", async () => {
    const gone = clients.map(({ socket }) => new Promise((resolve) => socket.once("disconnect", resolve)));
    asker.io.in([clients[2]?.id as string, clients[4]?.id as string]).disconnectSockets();
    expect(await gone[2]).toBe("io server disconnect");
    expect(await gone[4]).toBe("io server disconnect");
    await fleet.settled();
    expect(idsOf(await asker.io.fetchSockets())).toEqual(
      [clients[0]?.id, clients[1]?.id, clients[3]?.id].sort(),
    );
  });
});
