import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { HoldfastError } from "../../../../src/base/errors.js";
import { Forward } from "../../../../src/protocol/forward-frames.js";
import { encodeFrame } from "../../../../src/protocol/frames.js";
import { RemoteLinks } from "../../../../src/worker/remote/remote-links.js";

/** A connection whose other side is the test. */
class FakeSocket extends Duplex {
  readonly types: number[] = [];

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.types.push(chunk[4] as number);
    done();
  }

  unref(): void {}
}

const STREAM = { data: () => {}, end: () => {}, abort: () => {}, credit: () => {} };
let sockets: FakeSocket[];
let dialled: number[];
let failure: Error | undefined;
let links: RemoteLinks;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance"] });
  [sockets, dialled, failure] = [[], [], undefined];
  links = new RemoteLinks(
    async (slot) => {
      dialled.push(slot);
      if (failure !== undefined) throw failure;
      const socket = new FakeSocket();
      sockets.push(socket);
      return { socket: socket as unknown as Socket, head: Buffer.alloc(0) };
    },
    () => {},
  );
});
afterEach(() => {
  vi.useRealTimers();
});

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it("has one link for each slot, dialled once for all that want it at the same time", async () => {
  const [first, second] = await Promise.all([links.link(0), links.link(0)]);
  expect(first).toBe(second);
  await links.link(1);
  expect(dialled).toEqual([0, 1]);
});

it("leaves a host that could not be reached alone for a second, whatever slot is asked for", async () => {
  failure = new Error("ECONNREFUSED");
  await expect(links.link(0)).rejects.toThrow();
  expect([links.reaches(0), links.reaches(1)]).toEqual([false, false]);
  vi.advanceTimersByTime(999);
  expect(links.reaches(0)).toBe(false);
  vi.advanceTimersByTime(1);
  expect([links.reaches(0), links.reaches(1)]).toEqual([true, true]);
});

it("leaves just the slot alone that a gateway has no worker for, and no link that stands", async () => {
  await links.link(1);
  failure = new HoldfastError("ERR_LINK_REFUSED", "no worker");
  await expect(links.link(0)).rejects.toThrow();
  expect([links.reaches(0), links.reaches(1), links.reaches(2)]).toEqual([false, true, true]);
  failure = new Error("ECONNREFUSED");
  await expect(links.link(2)).rejects.toThrow();
  expect([links.reaches(1), links.reaches(3)]).toEqual([true, false]);
});

it("dials no more than 64 links to one host, whatever slots somebody makes up", async () => {
  const all = await Promise.all(Array.from({ length: 200 }, (_, slot) => links.link(slot)));
  expect(dialled.length).toBe(64);
  expect(new Set(all).size).toBe(64);
});

it("closes a link that had no stream for 30 s, and no other", async () => {
  const [idle, busy] = await Promise.all([links.link(0), links.link(1)]);
  busy.add(1, STREAM);
  links.sweep();
  vi.advanceTimersByTime(29_999);
  links.sweep();
  expect(idle.link.closed).toBe(false);
  vi.advanceTimersByTime(1);
  sockets[1]?.push(encodeFrame(Forward.PONG, 0, Buffer.alloc(0)));
  await turn();
  links.sweep();
  expect([idle.link.closed, busy.link.closed]).toEqual([true, false]);
  await links.link(0);
  expect(dialled).toEqual([0, 1, 0]);
});

it("asks a link with streams whether it still leads anywhere, and closes it after four questions without a word", async () => {
  const [answers, silent] = await Promise.all([links.link(0), links.link(1)]);
  answers.add(1, STREAM);
  let aborted = false;
  silent.add(1, {
    ...STREAM,
    abort: () => {
      aborted = true;
    },
  });
  for (let sweep = 0; sweep < 4; sweep++) {
    links.sweep();
    await turn();
    sockets[0]?.push(encodeFrame(Forward.PONG, 0, Buffer.alloc(0)));
    await turn();
  }
  expect(sockets[1]?.types).toEqual([Forward.PING, Forward.PING, Forward.PING, Forward.PING]);
  expect(aborted).toBe(false);
  links.sweep();
  expect([answers.link.closed, silent.link.closed, aborted]).toEqual([false, true, true]);
});

it("opens what is new on another link when the worker is about to end, and closes the old one once it is empty", async () => {
  const old = await links.link(0);
  old.add(1, STREAM);
  sockets[0]?.push(encodeFrame(Forward.LEAVING, 0, Buffer.alloc(0)));
  await turn();
  expect(await links.link(0)).not.toBe(old);
  links.sweep();
  expect(old.link.closed).toBe(false);
  old.delete(1);
  links.sweep();
  expect(old.link.closed).toBe(true);
});

it("gives up five links of a slot a second at most, where every worker that it gets is about to end", async () => {
  vi.useFakeTimers({ toFake: ["performance", "setTimeout"] });
  for (let time = 0; time < 1000; time += 10) {
    await links.link(0);
    sockets.at(-1)?.push(encodeFrame(Forward.LEAVING, 0, Buffer.alloc(0)));
    await turn();
    vi.advanceTimersByTime(10);
  }
  expect(dialled.length).toBe(6);
  await links.link(0);
  expect(dialled.length).toBe(7);
});

it("aborts everything when the host is gone, what is being dialled as well", async () => {
  const table = await links.link(0);
  let aborted = false;
  table.add(1, {
    ...STREAM,
    abort: () => {
      aborted = true;
    },
  });
  const underWay = links.link(1);
  links.close();
  await expect(underWay).rejects.toThrow("the host is gone");
  expect([aborted, links.reaches(0), sockets[1]?.destroyed]).toEqual([true, false, true]);
});
