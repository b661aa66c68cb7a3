import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LONGEST_PROXY_HEADER, readProxyHeader } from "../../../src/routing/proxy-header.js";
import { headerV2, type SourceV2, V2_SIGNATURE } from "../../helpers/proxy-header.js";

const read = (text: string): ReturnType<typeof readProxyHeader> =>
  readProxyHeader(Buffer.from(text, "latin1"));

describe("version 1", () => {
  it.each([
    ["PROXY TCP4 203.0.113.9 10.0.0.1 4711 80\r\n", { address: "203.0.113.9", port: 4711 }],
    ["PROXY TCP6 2001:DB8::1 ::1 0 65535\r\n", { address: "2001:db8::1", port: 0 }],
    ["PROXY TCP6 ::ffff:203.0.113.9 ::1 1 2\r\n", { address: "203.0.113.9", port: 1 }],
    ["PROXY UNKNOWN\r\n", undefined],
    ["PROXY UNKNOWN ff::1 ff::2 65535 65535\r\n", undefined],
  ])("%j", (line, source) => {
    expect(read(line)).toEqual({ state: "whole", length: line.length, source });
    expect(read(`${line}GET / HTTP/1.1\r\n`)).toMatchObject({ state: "whole", length: line.length });
  });

  it.each([
    "GET / HTTP/1.1\r\n",
    "proxy TCP4 203.0.113.9 10.0.0.1 4711 80\r\n",
    "PROXY  TCP4 203.0.113.9 10.0.0.1 4711 80\r\n",
    "PROXY TCP4 203.0.113.9 10.0.0.1 4711 80\n",
    "PROXY TCP4 203.0.113.9 10.0.0.1 4711\r\n",
    "PROXY TCP4 203.0.113.9 10.0.0.1 04711 80\r\n",
    "PROXY TCP4 203.0.113.9 10.0.0.1 65536 80\r\n",
    "PROXY TCP4 203.0.113.9 10.0.0.1 4711 80 x\r\n",
    "PROXY TCP4 203.0.113.999 10.0.0.1 4711 80\r\n",
    "PROXY TCP4 203.0.113.9 ::1 4711 80\r\n",
    "PROXY TCP4 2001:db8::1 ::1 4711 80\r\n",
    "PROXY TCP6 203.0.113.9 10.0.0.1 4711 80\r\n",
    "PROXY TCP6 2001:db8::1%eth0 ::1 4711 80\r\n",
    "PROXY UDP4 203.0.113.9 10.0.0.1 4711 80\r\n",
    "PROXY UNKNOWNS\r\n",
    `PROXY UNKNOWN ${"x".repeat(95)}\r\n`,
  ])("%j is refused", (line) => {
    expect(read(line)).toEqual({ state: "bad" });
  });

  it("takes 107 bytes, and no more", () => {
    const line = `PROXY UNKNOWN ${"x".repeat(91)}\r\n`;
    expect(line).toHaveLength(107);
    expect(read(line).state).toBe("whole");
    expect(read(line.slice(0, 106)).state).toBe("partial");
    expect(read(`PROXY UNKNOWN ${"x".repeat(93)}`)).toEqual({ state: "bad" });
  });
});

describe("version 2", () => {
  const tcp4: SourceV2 = { family: 0x11, address: [203, 0, 113, 9], port: 4711 };
  const tcp6: SourceV2 = { family: 0x21, address: [0x20, 1, 13, 0xb8, ...Array(11).fill(0), 1], port: 80 };

  it.each<[string, Buffer, unknown]>([
    ["TCP over IPv4", headerV2(tcp4), { address: "203.0.113.9", port: 4711 }],
    ["TCP over IPv6", headerV2(tcp6), { address: "2001:db8::1", port: 80 }],
    ["with fields behind", headerV2(tcp4, { fields: 4096 - 12 }), { address: "203.0.113.9", port: 4711 }],
    ["a Unix socket", headerV2({ family: 0x31, address: Array(108).fill(65) }), { address: undefined }],
    ["LOCAL", headerV2(tcp4, { command: 0x20 }), undefined],
    ["LOCAL of a family that is none", headerV2({ family: 0xff, address: [] }, { command: 0x20 }), undefined],
    ["unspecified", headerV2({ family: 0x00, address: [] }), undefined],
    ["datagrams", headerV2({ ...tcp4, family: 0x12 }), undefined],
  ])("%s", (_title, header, source) => {
    const whole = { state: "whole", length: header.length, source };
    expect(readProxyHeader(header)).toEqual(whole);
    expect(readProxyHeader(Buffer.concat([header, Buffer.from("GET")]))).toEqual(whole);
  });

  it.each<[string, Buffer]>([
    ["another version", headerV2(tcp4, { command: 0x31 })],
    ["another command", headerV2(tcp4, { command: 0x22 })],
    ["another family", headerV2({ ...tcp4, family: 0x41 })],
    ["another protocol", headerV2({ ...tcp4, family: 0x13 })],
    ["an address cut short", headerV2({ family: 0x11, address: [203, 0] })],
    ["an IPv6 address cut short", headerV2({ ...tcp4, family: 0x21 })],
    ["more than it may be", headerV2(tcp4, { fields: 4096 - 11 })],
    ["another signature", Buffer.concat([V2_SIGNATURE.subarray(0, 11), Buffer.from([0x0b])])],
  ])("%s is refused", (_title, header) => {
    expect(readProxyHeader(header)).toEqual({ state: "bad" });
  });
});

describe("any header", () => {
  const header = fc.oneof(
    fc
      .tuple(fc.ipV4(), fc.nat(65_535))
      .map(([address, port]) => Buffer.from(`PROXY TCP4 ${address} 10.0.0.1 ${port} 80\r\n`)),
    fc
      .tuple(fc.ipV6(), fc.nat(65_535))
      .map(([address, port]) => Buffer.from(`PROXY TCP6 ${address} ::1 ${port} 80\r\n`)),
    fc
      .tuple(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.nat(65_535), fc.nat(40))
      .map(([address, port, fields]) => headerV2({ family: 0x11, address: [...address], port }, { fields })),
  );

  it("is read the same byte for byte: partial until its last one, then whole, whatever follows", () => {
    fc.assert(
      fc.property(header, fc.uint8Array({ maxLength: 50 }), (bytes, behind) => {
        for (let length = 0; length < bytes.length; length++)
          expect(readProxyHeader(bytes.subarray(0, length))).toEqual({ state: "partial" });
        const whole = readProxyHeader(bytes);
        expect(whole).toMatchObject({ state: "whole", length: bytes.length });
        expect(readProxyHeader(Buffer.concat([bytes, behind]))).toEqual(whole);
      }),
    );
  });

  it("that is damaged is refused, partial, or whole with an address in it: never anything else, and never past its bound", () => {
    const damaged = fc.tuple(header, fc.nat(), fc.nat(255)).map(([bytes, at, value]) => {
      const copy = Buffer.from(bytes);
      copy[at % copy.length] = value;
      return copy;
    });
    fc.assert(
      fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 200 })), (bytes) => {
        const result = readProxyHeader(bytes);
        if (result.state !== "whole") return;
        expect(result.length).toBeLessThanOrEqual(Math.min(bytes.length, LONGEST_PROXY_HEADER));
        if (result.source?.address !== undefined) expect(result.source.address).toMatch(/^[\da-f.:]+$/);
      }),
      { numRuns: 2000 },
    );
  });

  it("is decided once its greatest length is there", () => {
    fc.assert(
      fc.property(header, (bytes) => {
        const long = Buffer.concat([bytes.subarray(0, -1), Buffer.alloc(LONGEST_PROXY_HEADER, 0x78)]);
        expect(readProxyHeader(long).state).not.toBe("partial");
      }),
    );
  });
});
