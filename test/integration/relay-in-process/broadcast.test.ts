import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { HostFleet, serverSocket, type TestClient, until } from "./hosts.js";

let fleet: HostFleet;
let clients: TestClient[];
beforeEach(async () => {
  fleet = await HostFleet.open(2, 2, 1);
  clients = await fleet.connectAll();
});
afterEach(() => fleet.close());

const heard = ({ events }: TestClient): unknown => events.map(([, value]) => value);

test("what one worker emits reaches the clients of all hosts, once and in order", async () => {
  for (let i = 0; i < 50; i++) fleet.workers[1]?.io.emit("count", i);
  await until(() => clients.every(({ events }) => events.length >= 50));
  await fleet.settled();
  for (const client of clients) expect(heard(client)).toEqual(Array.from({ length: 50 }, (_, i) => i));
});

describe("a room", () => {
  test("is reached where its members are, and no other host hears of it", async () => {
    const [emitter, , member, , stranger] = clients as [
      TestClient,
      TestClient,
      TestClient,
      TestClient,
      TestClient,
    ];
    serverSocket(member).join("red");
    await fleet.settled();
    fleet.site.sent.length = 0;
    emitter.worker.io.to("red").emit("hello", 1);
    await until(() => member.events.length > 0);
    await fleet.settled();
    expect(member.events).toEqual([["hello", 1]]);
    expect(stranger.events).toEqual([]);
    expect(fleet.site.sent.map(({ from, to }) => ({ from, to }))).toEqual([{ from: 0, to: [1] }]);
  });

  test("of one socket needs no news: only its host is told", async () => {
    const [emitter, , , member] = clients as [TestClient, TestClient, TestClient, TestClient, TestClient];
    fleet.site.sent.length = 0;
    emitter.worker.io.to(member.id).emit("hello", 1);
    await until(() => member.events.length > 0);
    await fleet.settled();
    expect(clients.flatMap(({ events }) => events)).toEqual([["hello", 1]]);
    expect(fleet.site.sent.map(({ to }) => to)).toEqual([[1]]);
  });
});
