import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import { unreadBytes } from "../../../src/worker/handoff/session/frames.js";
import { readerPosition, type ServerWebSocket } from "../../../src/worker/internals/websocket.js";

type Receiver = {
  _state: number;
  on(event: string, listener: (data: Buffer, binary: boolean) => void): void;
  write(bytes: Buffer): void;
};

const { Receiver } = createRequire(import.meta.url)("ws") as {
  Receiver: new (options: object) => Receiver;
};

/** ws' own reader, with everything that it read to the end. */
function reader(): { receiver: Receiver; heard: string[] } {
  const receiver = new Receiver({ isServer: true });
  const heard: string[] = [];
  for (const event of ["message", "ping", "pong"])
    receiver.on(event, (data, binary) => heard.push(`${event} ${binary === true} ${data.toString("hex")}`));
  return { receiver, heard };
}

function frame(opcode: number, payload: Buffer, { final = true, mask = [1, 2, 3, 4] } = {}): Buffer {
  const { length } = payload;
  const extended = length < 126 ? 0 : length < 65536 ? 2 : 8;
  const head = Buffer.alloc(2 + extended);
  head[0] = (final ? 0x80 : 0) | opcode;
  head[1] = 0x80 | (extended === 0 ? length : extended === 2 ? 126 : 127);
  if (extended > 0) head.writeUIntBE(length, extended === 2 ? 2 : 4, extended === 2 ? 2 : 6);
  const masked = payload.map((byte, index) => byte ^ (mask[index % 4] as number));
  return Buffer.concat([head, Buffer.from(mask), masked]);
}

const text = (value: string): Buffer => Buffer.from(value);

const STREAMS: Record<string, Buffer> = {
  "two short messages": Buffer.concat([frame(1, text("first")), frame(2, text("second"))]),
  "a message without a byte": Buffer.concat([frame(1, text("")), frame(1, text("x"))]),
  "a length of 16 bits": Buffer.concat([frame(1, Buffer.alloc(130, "a")), frame(1, text("x"))]),
  "a message in four fragments": Buffer.concat([
    frame(1, text("ab"), { final: false }),
    frame(0, text("cd"), { final: false }),
    frame(0, text(""), { final: false }),
    frame(0, text("ef")),
    frame(2, text("x")),
  ]),
  "a message whose first fragments are empty": Buffer.concat([
    frame(2, text(""), { final: false }),
    frame(0, text(""), { final: false }),
    frame(0, text("ab"), { final: false }),
    frame(0, text("")),
  ]),
  "pings between fragments": Buffer.concat([
    frame(9, text("before")),
    frame(1, text("ab"), { final: false, mask: [9, 9, 9, 9] }),
    frame(9, text("between")),
    frame(0, text("cd")),
    frame(1, text(""), { final: false }),
    frame(10, text("after nothing")),
    frame(0, text("x")),
  ]),
};

/** All of it in one reader. */
function whole(bytes: Buffer): string[] {
  const { receiver, heard } = reader();
  receiver.write(Buffer.from(bytes));
  return heard;
}

/** One reader up to the cut; another takes what the first had not handed on, and the rest. */
function cutAt(bytes: Buffer, cut: number): string[] {
  const first = reader();
  const second = reader();
  first.receiver.write(Buffer.from(bytes.subarray(0, cut)));
  const position = readerPosition({ _receiver: first.receiver } as never as ServerWebSocket);
  const unread = position && unreadBytes(position);
  if (unread === undefined) throw new Error(`cannot move at ${cut}`);
  second.receiver.write(Buffer.from(unread));
  second.receiver.write(Buffer.from(bytes.subarray(cut)));
  return [...first.heard, ...second.heard];
}

describe("what was read of a WebSocket", () => {
  it.each(Object.entries(STREAMS))("goes on in another reader at every byte of %s", (_name, bytes) => {
    const expected = whole(bytes);
    expect(expected.length).toBeGreaterThan(0);
    for (let cut = 0; cut <= bytes.length; cut++)
      expect([cut, ...cutAt(bytes, cut)]).toEqual([cut, ...expected]);
  });

  it("goes on within the head of a message of 64 bits' length", () => {
    const bytes = Buffer.concat([frame(1, Buffer.alloc(70_000, "a")), frame(1, text("x"))]);
    const expected = whole(bytes);
    for (const cut of [...Array(20).keys(), 35_000, 70_013, 70_014, 70_015])
      expect([cut, ...cutAt(bytes, cut)]).toEqual([cut, ...expected]);
  });

  it("cannot be said of a message of which fragments were decompressed", () => {
    const position = {
      step: 0,
      final: false,
      opcode: 1,
      masked: true,
      length: 0,
      mask: undefined,
      fragmented: 1,
      compressed: true,
      fragments: [],
      unread: [],
    };
    expect(unreadBytes(position)).toBeUndefined();
    expect(unreadBytes({ ...position, compressed: false })).toEqual(Buffer.from([1, 0x80, 0, 0, 0, 0]));
    expect(unreadBytes({ ...position, step: 5, fragmented: 0 })).toBeUndefined();
  });

  it("says of a compressed message that it is, and not of a ping behind one", () => {
    const begun = {
      step: 3,
      final: true,
      opcode: 1,
      masked: true,
      length: 5,
      mask: undefined,
      fragmented: 0,
      compressed: true,
      fragments: [],
      unread: [],
    };
    expect(unreadBytes(begun)).toEqual(Buffer.from([0xc1, 0x85]));
    expect(unreadBytes({ ...begun, opcode: 9 })).toEqual(Buffer.from([0x89, 0x85]));
  });
});
