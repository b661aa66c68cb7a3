import { expect, test } from "vitest";
import {
  decodeMessage,
  encodeMessage,
  type MessageDraft,
  MessageKind,
} from "../../../../src/adapter/wire.js";
import { bytesFor, isVolatile, lastWord, limitOf } from "../../../../src/bridge/relay/pass-on.js";

const draft: MessageDraft = {
  kind: MessageKind.BROADCAST,
  request: 5,
  address: "/admin",
  options: { r: ["red", 7], a: 12 },
  body: [Buffer.from("packets")],
};

/** Passed on under another number. */
function passed(message: MessageDraft, request: number): Buffer {
  const bytes = encodeMessage(message);
  return bytesFor(decodeMessage(bytes), bytes, request);
}

test("a message goes on as it is, but for the number of its request", () => {
  expect(passed(draft, 0xfffffffe)).toEqual(encodeMessage({ ...draft, request: 0xfffffffe }));
  expect(passed({ kind: MessageKind.EMIT, body: [Buffer.from("x")] }, 0)).toEqual(
    encodeMessage({ kind: MessageKind.EMIT, body: [Buffer.from("x")] }),
  );
});

test("what goes on is a copy", () => {
  const bytes = encodeMessage(draft);
  const copy = bytesFor(decodeMessage(bytes), bytes, 5);
  bytes.fill(0);
  expect(copy).toEqual(encodeMessage(draft));
});

test("the number that a message has while sessions move is its sender's, and stays behind", () => {
  const numbered = { ...draft, options: { ...draft.options, n: 99 } };
  expect(passed(numbered, 5)).toEqual(encodeMessage(draft));
});

test("volatile and time limits are read from the flags", () => {
  const flagged = (f: object) => decodeMessage(encodeMessage({ ...draft, options: { f } }));
  expect(isVolatile(flagged({ volatile: true }))).toBe(true);
  expect(isVolatile(flagged({}))).toBe(false);
  expect(limitOf(flagged({ timeout: 10 }))).toBe(10);
  for (const timeout of [null, "5", -1]) expect(limitOf(flagged({ timeout }))).toBe(5000);
  expect(limitOf(flagged({ timeout: 1e12 }))).toBe(2 ** 31 - 1);
  expect(limitOf(decodeMessage(encodeMessage({ kind: MessageKind.EMIT })))).toBe(5000);
});

test("the last word names whose answers are missing", () => {
  expect(lastWord(3, [])).toEqual({ kind: MessageKind.ABSENT, request: 3 });
  const missing = [{ host: 2, reason: "unreachable" }] as const;
  expect(lastWord(3, missing)).toEqual({ kind: MessageKind.ABSENT, request: 3, options: { m: missing } });
});
