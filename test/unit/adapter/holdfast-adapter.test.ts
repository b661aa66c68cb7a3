/** Adapters over the memory bus, with real servers that listen nowhere: what passes between workers, and when questions end. */

import { Server } from "socket.io";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type AdapterFactory, createAdapter } from "../../../src/adapter/create-adapter.js";
import { encodeMessage, MessageKind } from "../../../src/adapter/wire.js";
import type { MemoryBus } from "../../../src/bus/memory-bus.js";
import { MemoryNetwork } from "../../../src/bus/memory-network.js";

type Worker = { readonly bus: MemoryBus; readonly io: Server; readonly adapter: AdapterFactory };

let network: MemoryNetwork;
beforeEach(() => {
  network = new MemoryNetwork();
});
afterEach(() => {
  vi.useRealTimers();
});

function worker(): Worker {
  const bus = network.join();
  const adapter = createAdapter(bus);
  return { bus, adapter, io: new Server({ adapter }) };
}

async function fleet(): Promise<[Worker, Worker, Worker]> {
  const workers: [Worker, Worker, Worker] = [worker(), worker(), worker()];
  await network.settled();
  return workers;
}

/** A socket that is in this room, and told so. */
async function enter({ io }: Worker, room: string): Promise<void> {
  await network.settled();
  io.of("/").adapter.addAll("socket", new Set([room]));
  // The news leaves at the end of the turn.
  await new Promise((resolve) => process.nextTick(resolve));
  await network.settled();
}

/** Listens for `ask`, and keeps the answer back until it is called. */
function silent({ io }: Worker): Promise<(answer: string) => void> {
  return new Promise((resolve) => io.on("ask", resolve));
}

describe("a question", () => {
  test("is settled at once when the worker that it waits for dies", async () => {
    const [asker, second, third] = await fleet();
    second.io.on("ask", (done: (answer: string) => void) => done("second"));
    const heard = silent(third);
    const answers = asker.io.serverSideEmitWithAck("ask");
    await heard;
    third.bus.close();
    expect(await answers).toEqual(["second"]);
  });

  test("is settled when all others die", async () => {
    const [asker, second, third] = await fleet();
    const heard = Promise.all([silent(second), silent(third)]);
    const answers = asker.io.serverSideEmitWithAck("ask");
    await heard;
    second.bus.close();
    third.bus.close();
    expect(await answers).toEqual([]);
  });

  test("does not wait for one that joins later", async () => {
    const [asker, second, third] = await fleet();
    const heard = Promise.all([silent(second), silent(third)]);
    const answers = asker.io.serverSideEmitWithAck("ask");
    const answerers = await heard;
    const late = worker();
    late.io.on("ask", () => expect.unreachable("it was not asked"));
    await network.settled();
    for (const answer of answerers) answer("in time");
    expect(await answers).toEqual(["in time", "in time"]);
  });

  test("does not wait for a worker whose app has not made its server yet", async () => {
    const [asker] = await fleet();
    // It would never answer: its loop does not turn.
    network.join();
    await network.settled();
    expect(asker.bus.peers()).toHaveLength(3);
    expect(await asker.io.of("/").adapter.serverCount()).toBe(3);
    expect(await asker.io.timeout(600_000).fetchSockets()).toEqual([]);
    expect(await asker.io.timeout(600_000).emitWithAck("ask")).toEqual([]);
  });

  test("asks a worker from the moment that it has a server, until it has none", async () => {
    const asker = worker();
    const bus = network.join();
    const adapter = createAdapter(bus);
    await network.settled();
    expect(await asker.io.serverSideEmitWithAck("ask")).toEqual([]);
    const late = new Server({ adapter });
    late.on("ask", (done: (answer: string) => void) => done("late"));
    await network.settled();
    expect(await asker.io.serverSideEmitWithAck("ask")).toEqual(["late"]);
    expect(await late.of("/").adapter.serverCount(), "it was told of those before it").toBe(2);
    late.of("/").adapter.close();
    await network.settled();
    expect(await asker.io.serverSideEmitWithAck("ask")).toEqual([]);
    expect(await asker.io.of("/").adapter.serverCount()).toBe(1);
  });

  test("fails at the time limit of flags.timeout, or after five seconds", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const asker = worker();
    const deaf = network.join();
    deaf.subscribe("socket.io", { message: () => {} });
    await network.settled();
    deaf.publish("socket.io", encodeMessage({ kind: MessageKind.HERE }));
    await network.settled();
    const short = asker.io
      .timeout(30)
      .fetchSockets()
      .catch((error: Error) => error.message);
    const usual = asker.io.fetchSockets().catch((error: Error) => error.message);
    vi.advanceTimersByTime(30);
    expect(await short).toBe("timeout reached: only 0 responses received out of 1");
    vi.advanceTimersByTime(4969);
    expect(await Promise.race([usual, "still waiting"])).toBe("still waiting");
    vi.advanceTimersByTime(1);
    expect(await usual).toBe("timeout reached: only 0 responses received out of 1");
  });
});

describe("the bus", () => {
  test("is not used by a worker that is alone, nor for local, nor after close", async () => {
    const first = worker();
    const second = worker();
    first.io.emit("a");
    first.io.serverSideEmit("b");
    expect(first.bus.counters.sent, "nobody is known yet").toBe(0);
    await network.settled();
    const before = first.bus.counters.sent;
    first.io.local.emit("c");
    expect(first.bus.counters.sent).toBe(before);
    first.io.emit("d");
    expect(first.bus.counters.sent, "no other worker has a socket").toBe(before);
    await enter(second, "room");
    first.io.emit("e");
    first.io.to("room").emit("f");
    first.io.to("other").emit("g");
    expect(first.bus.counters.sent).toBe(before + 2);
    second.io.of("/").adapter.close();
    const closed = second.bus.counters.sent;
    second.io.emit("h");
    expect(second.bus.counters.sent).toBe(closed);
  });

  test("may be closed under the adapters: they are alone then", async () => {
    const [first, second] = await fleet();
    first.bus.close();
    first.io.emit("a");
    first.io.socketsJoin("room");
    expect(await first.io.fetchSockets()).toEqual([]);
    expect(await first.io.of("/").adapter.serverCount()).toBe(1);
    await network.settled();
    expect(await second.io.of("/").adapter.serverCount()).toBe(2);
  });

  test("is shared by all adapters that are made for it", async () => {
    const bus = network.join();
    const first = createAdapter(bus);
    const second = createAdapter(bus);
    expect(second.counters).toBe(first.counters);
  });

  test("carries rooms that JSON cannot name to nobody, without a throw", async () => {
    const [first] = await fleet();
    first.io.to(1n as unknown as string).emit("a");
    expect(first.adapter.counters.unencodable).toBe(1);
  });
});

test("an encoder that makes neither text nor bytes serves this worker, and is counted", async () => {
  class Encoder {
    encode(packet: object): object[] {
      return [packet];
    }
  }
  class Decoder {}
  const bus = network.join();
  const adapter = createAdapter(bus);
  const io = new Server({ adapter, parser: { Encoder, Decoder } });
  await network.settled();
  await enter(worker(), "room");
  io.emit("a");
  expect(await io.timeout(60_000).emitWithAck("b")).toEqual([]);
  expect(adapter.counters.unencodable).toBe(2);
});

test("a socket.io that lacks what we reach for is reported once for each thing", () => {
  const bus = network.join();
  const problems: string[] = [];
  const adapter = createAdapter(bus, { onProblem: (sentence) => problems.push(sentence) });
  const server = { path: () => "/socket.io", encoder: {}, _parser: {} };
  for (const name of ["/", "/other"]) adapter({ name, server, sockets: new Map() });
  expect(problems).toEqual([
    "This version of socket.io has no namespace._onServerSideEmit: some of what passes between workers is lost. Use socket.io 4.6.0 to 4.8.x.",
    "This version of socket.io has no server._parser: some of what passes between workers is lost. Use socket.io 4.6.0 to 4.8.x.",
  ]);
});
