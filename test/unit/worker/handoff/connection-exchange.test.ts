import { expect, test } from "vitest";
import { ConnectionExchange } from "../../../../src/worker/handoff/connection-exchange.js";
import type { HandoffLink } from "../../../../src/worker/handoff/handoff-link.js";
import type { RawHandle } from "../../../../src/worker/internals/handles.js";

const MESSAGE = { kind: "connection", listener: "the only one" } as const;

/** Two ends of a link, in one process: what one sends the other has, at once and in order. */
function exchange(take: () => boolean): {
  giver: ConnectionExchange;
  closed: () => boolean;
  handle: RawHandle;
} {
  let closed = false;
  const handle = { close: () => (closed = true) } as unknown as RawHandle;
  const linkTo = (other: () => ConnectionExchange): HandoffLink => {
    const send = (type: number, number: number, value?: unknown, descriptor?: RawHandle): void => {
      expect(other().frame(type, number, value)).toBe(true);
      if (descriptor !== undefined) expect(other().descriptor(number, descriptor)).toBe(true);
    };
    return { closed: false, send } as unknown as HandoffLink;
  };
  const giver: ConnectionExchange = new ConnectionExchange(
    () => linkTo(() => taker),
    () => false,
  );
  const taker: ConnectionExchange = new ConnectionExchange(() => linkTo(() => giver), take);
  return { giver, closed: () => closed, handle };
}

test("a connection that the other end takes is said to be taken", () => {
  const { giver, closed, handle } = exchange(() => true);
  const outcomes: boolean[] = [];
  expect(giver.offer(MESSAGE, handle, (taken) => outcomes.push(taken))).toBe(true);
  expect([outcomes, closed()]).toEqual([[true], false]);
});

test("of one that the other end does not want, that end closes its copy and says so", () => {
  const { giver, closed, handle } = exchange(() => false);
  const outcomes: boolean[] = [];
  giver.offer(MESSAGE, handle, (taken) => outcomes.push(taken));
  expect([outcomes, closed()]).toEqual([[false], true]);
});

test("one without an answer is not taken when the link ends, and one with an answer is told once", () => {
  const silent = { closed: false, send: () => {} } as unknown as HandoffLink;
  const giver = new ConnectionExchange(
    () => silent,
    () => false,
  );
  const outcomes: boolean[] = [];
  giver.offer(MESSAGE, {} as RawHandle, (taken) => outcomes.push(taken));
  giver.end();
  giver.end();
  expect(outcomes).toEqual([false]);
});

test("over a link that has ended nothing is sent", () => {
  const giver = new ConnectionExchange(
    () => ({ closed: true }) as HandoffLink,
    () => false,
  );
  expect(giver.offer(MESSAGE, {} as RawHandle, () => {})).toBe(false);
});
