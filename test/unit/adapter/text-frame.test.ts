import { createRequire } from "node:module";
import type { Writable } from "node:stream";
import { expect, it } from "vitest";
import { textFrame } from "../../../src/adapter/text-frame.js";

/** Its types do not name them. */
const { Receiver, Sender } = createRequire(import.meta.url)("ws") as {
  Receiver: new (options: object) => Writable;
  Sender: { frame(data: Buffer, options: object): Buffer[] };
};

/** Around each limit of the frame's length; the frame has a byte before the packet. */
const LENGTHS = [0, 1, 123, 124, 125, 126, 4000, 65_533, 65_534, 65_535, 65_536, 200_000];

it.each(LENGTHS)("a packet of %i bytes is framed as ws would frame it", (length) => {
  const packet = "x".repeat(length);
  const options = { fin: true, opcode: 1, mask: false, readOnly: false, rsv1: false };
  const theirs = Buffer.concat(Sender.frame(Buffer.from(`4${packet}`), options));
  expect(textFrame(packet).equals(theirs)).toBe(true);
});

it.each(["grüße", "日本語", "\u{1f600}", "\ud800"])("%j is read again as UTF-8 has it", (packet) => {
  const receiver = new Receiver({ isServer: false });
  let read = "";
  receiver.on("message", (data: Buffer) => {
    read = data.toString();
  });
  receiver.write(textFrame(packet));
  expect(read).toBe(`4${Buffer.from(packet).toString()}`);
});
