/** Test helper: WebSocket frames by hand, so that a test decides which bytes share a segment. */

import { randomBytes } from "node:crypto";
import { head, type RawConnection } from "./raw-connection.js";

export function upgradeRequest(target: string): string {
  return head("GET", target, {
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": randomBytes(16).toString("base64"),
  });
}

/** A masked text frame, as a client must send it (RFC 6455, 5.2). At most 125 bytes. */
export function textFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  const mask = randomBytes(4);
  const masked = payload.map((byte, index) => byte ^ (mask[index % 4] as number));
  return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length]), mask, masked]);
}

/** Reads the 101, then text frames until one satisfies `wanted`. @returns it @throws when the connection ends before */
export class FrameStream {
  readonly #connection: RawConnection;
  #bytes = Buffer.alloc(0);

  constructor(connection: RawConnection) {
    this.#connection = connection;
  }

  async switched(): Promise<void> {
    const response = await this.#connection.response();
    if (response.status !== 101)
      throw new Error(`no upgrade: ${response.status} ${response.body.toString()}`);
  }

  async text(wanted: (text: string) => boolean): Promise<string> {
    for (;;) {
      this.#bytes = Buffer.concat([this.#bytes, this.#connection.take()]);
      for (let text = this.#next(); text !== undefined; text = this.#next()) if (wanted(text)) return text;
      if (this.#connection.closed) throw new Error("the connection ended");
      await this.#connection.more();
    }
  }

  #next(): string | undefined {
    const [start, length] = this.#extent();
    if (start === undefined || length === undefined || this.#bytes.length < start + length) return undefined;
    const text = this.#bytes.toString("utf8", start, start + length);
    this.#bytes = this.#bytes.subarray(start + length);
    return text;
  }

  #extent(): [number, number] | [undefined, undefined] {
    const short = this.#bytes[1];
    if (short === undefined) return [undefined, undefined];
    if (short < 126) return [2, short];
    if (short === 126 && this.#bytes.length >= 4) return [4, this.#bytes.readUInt16BE(2)];
    return [undefined, undefined];
  }
}
