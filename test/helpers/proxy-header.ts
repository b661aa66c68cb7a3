/** Test helper: headers of the PROXY protocol, made by hand. */

export const V2_SIGNATURE = Buffer.from("0d0a0d0a000d0a515549540a", "hex");

export type SourceV2 = {
  /** The byte that names family and protocol. */
  readonly family: number;
  readonly address: readonly number[];
  /** Undefined where the family has none. */
  readonly port?: number;
};

/** @param options `command`: the byte of version and command; `fields`: so many bytes behind the addresses */
export function headerV2(
  { family, address, port }: SourceV2,
  { command = 0x21, fields = 0 }: { command?: number; fields?: number } = {},
): Buffer {
  const ports = port === undefined ? [] : [port >> 8, port & 0xff, 0, 80];
  const body = Buffer.from([...address, ...address, ...ports, ...Array<number>(fields).fill(0)]);
  const length = Buffer.from([body.length >> 8, body.length & 0xff]);
  return Buffer.concat([V2_SIGNATURE, Buffer.from([command, family]), length, body]);
}

export function headerV1(address: string, port = 4711): string {
  const version = address.includes(":") ? 6 : 4;
  return `PROXY TCP${version} ${address} ${version === 6 ? "::1" : "127.0.0.1"} ${port} 80\r\n`;
}
