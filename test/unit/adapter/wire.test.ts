import fc from "fast-check";
import { expect, test } from "vitest";
import { packetsFromBody, packetsToBody } from "../../../src/adapter/packets.js";
import { roomsFromWire, targetsFromWire, targetsToWire } from "../../../src/adapter/targets.js";
import { decodeMessage, encodeMessage, MessageKind, WireError } from "../../../src/adapter/wire.js";

/** Lone surrogates have no bytes; names of namespaces and rooms are compared as text that has. */
const text = fc.string({ unit: "grapheme" });

test("a message is read as it was written", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...Object.values(MessageKind)),
      fc.integer({ min: 0, max: 0xffffffff }),
      text,
      fc.option(fc.dictionary(text, fc.oneof(text, fc.integer())), { nil: undefined }),
      fc.array(fc.uint8Array(), { maxLength: 3 }),
      (kind, request, address, options, parts) => {
        const body = parts.map((part) => Buffer.from(part));
        const draft = { kind, request, address, body, ...(options && { options }) };
        const message = decodeMessage(encodeMessage(draft));
        expect({ ...message, body: Buffer.from(message.body) }).toEqual({
          kind,
          request,
          address,
          options: options && JSON.parse(JSON.stringify(options)),
          body: Buffer.concat(body),
        });
      },
    ),
  );
});

test("a message that is cut anywhere before its body is refused", () => {
  const whole = encodeMessage({ kind: MessageKind.JOIN, address: "/chat", options: { j: ["a"] } });
  for (let length = 0; length < whole.length; length++) {
    expect(() => decodeMessage(whole.subarray(0, length))).toThrow(WireError);
  }
});

test("any bytes are either a message or refused, never another error", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        const message = decodeMessage(Buffer.from(bytes));
        targetsFromWire(message.options);
        packetsFromBody(message.body);
      } catch (error) {
        expect(error).toBeInstanceOf(WireError);
      }
    }),
    { numRuns: 2000 },
  );
});

test("packets are read as they were written, text as text and binary as a copy", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(text, fc.uint8Array()), { minLength: 1 }), (packets) => {
      const body = Buffer.concat(packetsToBody(packets));
      const read = packetsFromBody(body);
      body.fill(0xee);
      expect(read).toEqual(
        packets.map((packet) => (typeof packet === "string" ? packet : Buffer.from(packet))),
      );
    }),
  );
});

test("packets may be buffers, views and array buffers, and nothing else", () => {
  const bytes = Uint8Array.from([1, 2, 3, 4]);
  const body = Buffer.concat(
    packetsToBody([bytes.subarray(1, 3), bytes.buffer, new DataView(bytes.buffer, 2)]),
  );
  expect(packetsFromBody(body)).toEqual([
    Buffer.from([2, 3]),
    Buffer.from([1, 2, 3, 4]),
    Buffer.from([3, 4]),
  ]);
  expect(() => packetsToBody([{ an: "object" }])).toThrow(TypeError);
});

test("targets keep rooms, exceptions and flags, and the type of a room's name", () => {
  const targets = {
    rooms: new Set(["1", 1 as unknown as string]),
    except: new Set(["x"]),
    flags: { volatile: true, compress: false, timeout: 5 },
  };
  const wire = JSON.parse(JSON.stringify(targetsToWire(targets)));
  expect(targetsFromWire(wire)).toEqual(targets);
  expect(targetsToWire({ rooms: new Set(), except: new Set(), flags: {} })).toEqual({});
  expect(targetsFromWire({})).toEqual({ rooms: new Set(), except: new Set(), flags: {} });
});

test.each([undefined, null, [], "text", { r: "room" }, { e: {} }, { f: [] }, { f: 1 }])(
  "targets of the shape %j are refused",
  (options) => {
    expect(() => targetsFromWire(options)).toThrow(WireError);
  },
);

test.each([undefined, {}, { j: "room" }, { j: { length: 1 } }])("rooms in %j are refused", (options) => {
  expect(() => roomsFromWire(options, "j")).toThrow(WireError);
});
