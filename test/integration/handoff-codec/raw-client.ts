/** A client of Socket.IO over a WebSocket whose every byte the test decides. */

import { randomBytes } from "node:crypto";
import { RawConnection } from "../../helpers/raw-connection.js";
import { FrameStream, upgradeRequest } from "../../helpers/raw-websocket.js";

type FrameOptions = { readonly opcode?: number; readonly final?: boolean };

/** A masked frame of any length (RFC 6455, 5.2). */
export function frame(payload: string | Buffer, { opcode = 1, final = true }: FrameOptions = {}): Buffer {
  const bytes = Buffer.from(payload);
  const { length } = bytes;
  const extended = length < 126 ? 0 : length < 65536 ? 2 : 8;
  const head = Buffer.alloc(2 + extended);
  head[0] = (final ? 0x80 : 0) | opcode;
  head[1] = 0x80 | (extended === 0 ? length : extended === 2 ? 126 : 127);
  if (extended > 0) head.writeUIntBE(length, extended === 2 ? 2 : 4, extended === 2 ? 2 : 6);
  const mask = randomBytes(4);
  return Buffer.concat([head, mask, bytes.map((byte, index) => byte ^ (mask[index % 4] as number))]);
}

export class RawClient {
  readonly connection: RawConnection;
  readonly stream: FrameStream;
  readonly sid: string;

  private constructor(connection: RawConnection, stream: FrameStream, sid: string) {
    this.connection = connection;
    this.stream = stream;
    this.sid = sid;
  }

  /** The session is open; with protocol 4 it is in no namespace yet. */
  static async open(port: number, protocol: 3 | 4 = 4): Promise<RawClient> {
    const connection = await RawConnection.open(port);
    connection.write(upgradeRequest(`/socket.io/?EIO=${protocol}&transport=websocket`));
    const stream = new FrameStream(connection);
    await stream.switched();
    const open = await stream.text((text) => text.startsWith("0"));
    return new RawClient(connection, stream, (JSON.parse(open.slice(1)) as { sid: string }).sid);
  }

  static async enter(port: number): Promise<RawClient> {
    const client = await RawClient.open(port);
    client.write(frame("40"));
    await client.stream.text((text) => text.startsWith("40"));
    return client;
  }

  write(bytes: Buffer): void {
    this.connection.write(bytes);
  }

  close(): void {
    this.connection.destroy();
  }
}
