import { describe, expect, it } from "vitest";
import { MAX_PENDING, type PassageEnd, Passages } from "../../../src/primary/passages.js";
import type { Passage, ToWorker } from "../../../src/protocol/messages.js";

type Sent = { message: ToWorker; handle: unknown; sent: (error: Error | null) => void };

/** A worker that remembers what it was sent; the test says when a message has left. */
class FakeWorker implements PassageEnd {
  readonly id: number;
  readonly slot: number;
  readonly got: Sent[] = [];

  constructor(id: number, slot: number) {
    this.id = id;
    this.slot = slot;
  }

  send(message: ToWorker, handle?: unknown, sent: (error: Error | null) => void = () => {}): void {
    this.got.push({ message, handle, sent });
  }

  get answers(): unknown[] {
    return this.got.map(({ message }) => message).filter(({ type }) => type === "pass-answer");
  }
}

class FakeHandle {
  closed = 0;
  close(): void {
    this.closed++;
  }
}

const passage: Passage = { kind: "connection", listener: "tcp::3000:false" };

function setUp() {
  const [sender, receiver] = [new FakeWorker(1, 0), new FakeWorker(2, 1)];
  const passages = new Passages();
  const pass = (token: number, handle: FakeHandle | undefined = new FakeHandle()): FakeHandle | undefined => {
    passages.pass(sender, receiver, { token, to: 1, passage }, handle);
    return handle;
  };
  return { sender, receiver, passages, pass };
}

describe("a passage", () => {
  it("reaches the receiver with its descriptor, and the primary closes its own copy once it left", () => {
    const { sender, receiver, passages, pass } = setUp();
    const handle = pass(5);
    expect(receiver.got).toMatchObject([{ message: { type: "passed", from: 0, passage }, handle }]);
    expect(handle?.closed).toBe(0);
    receiver.got[0]?.sent(null);
    expect(handle?.closed).toBe(1);
    expect(passages.open).toBe(0);
    expect(sender.answers).toEqual([]);
  });

  it.each([true, false])(
    "brings the answer %s back to the sender, under the sender's own token",
    (accepted) => {
      const { sender, receiver, passages, pass } = setUp();
      pass(5);
      const { message } = receiver.got[0] as Sent;
      receiver.got[0]?.sent(null);
      if (message.type === "passed") passages.answer(receiver, message.token, accepted);
      expect(sender.answers).toEqual([{ type: "pass-answer", token: 5, accepted }]);
    },
  );

  it("is refused when no worker of that slot is ready", () => {
    const { sender, passages } = setUp();
    const handle = new FakeHandle();
    passages.pass(sender, undefined, { token: 5, to: 9, passage }, handle);
    expect(handle.closed).toBe(1);
    expect(sender.answers).toEqual([{ type: "pass-answer", token: 5, accepted: false }]);
  });

  it("is refused when its descriptor got lost on the way", () => {
    const { sender, passages, receiver } = setUp();
    passages.pass(sender, receiver, { token: 5, to: 1, passage }, undefined);
    expect(receiver.got).toEqual([]);
    expect(sender.answers).toEqual([{ type: "pass-answer", token: 5, accepted: false }]);
  });

  it("is refused when it cannot be sent", () => {
    const { sender, receiver, passages, pass } = setUp();
    const handle = pass(5);
    receiver.got[0]?.sent(new Error("channel closed"));
    expect(handle?.closed).toBe(1);
    expect(sender.answers).toEqual([{ type: "pass-answer", token: 5, accepted: false }]);
    passages.workerGone(receiver.id);
    expect(sender.answers).toHaveLength(1);
  });

  it("is refused when the receiver dies before it was sent", () => {
    const { sender, receiver, passages, pass } = setUp();
    const handle = pass(5);
    passages.workerGone(receiver.id);
    expect(handle?.closed).toBe(1);
    expect(sender.answers).toEqual([{ type: "pass-answer", token: 5, accepted: false }]);
  });

  it("counts as accepted when the receiver dies with it: what it read must not be read again", () => {
    const { sender, receiver, passages, pass } = setUp();
    pass(5);
    receiver.got[0]?.sent(null);
    passages.workerGone(receiver.id);
    expect(sender.answers).toEqual([{ type: "pass-answer", token: 5, accepted: true }]);
  });

  it("goes on when its sender dies, and answers nobody", () => {
    const { sender, receiver, passages, pass } = setUp();
    const handle = pass(5);
    passages.workerGone(sender.id);
    receiver.got[0]?.sent(null);
    const { message } = receiver.got[0] as Sent;
    if (message.type === "passed") passages.answer(receiver, message.token, true);
    expect(handle?.closed).toBe(1);
    expect(sender.answers).toEqual([]);
  });

  it("is refused where too many are on their way to one worker, and not where they are answered", () => {
    const { sender, receiver, passages, pass } = setUp();
    for (let token = 1; token <= MAX_PENDING; token++) pass(token);
    expect(sender.answers).toEqual([]);
    const handle = pass(99);
    expect(handle?.closed).toBe(1);
    expect(sender.answers).toEqual([{ type: "pass-answer", token: 99, accepted: false }]);
    const { message } = receiver.got[0] as Sent;
    if (message.type === "passed") passages.answer(receiver, message.token, true);
    pass(100);
    expect(receiver.got).toHaveLength(MAX_PENDING + 1);
  });

  it("cannot be answered by a worker that did not get it", () => {
    const { sender, receiver, passages, pass } = setUp();
    pass(5);
    const { message } = receiver.got[0] as Sent;
    if (message.type === "passed") passages.answer(sender, message.token, true);
    expect(sender.answers).toEqual([]);
  });
});
