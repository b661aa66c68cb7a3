/** A parser of the app's own that counts what it does: text for what has no bytes in it, else text and one packet for each buffer. */

import { EventEmitter } from "node:events";

type Packet = { type: number; data?: unknown };

/** One for each server, so that each counts its own. */
export function countingParser() {
  const counts = { encoded: 0, decoded: 0 };

  class Encoder {
    encode(packet: Packet): unknown[] {
      counts.encoded += 1;
      return encode(packet);
    }
  }

  /** Node's emitter lacks the reserved-name guards of the original; nothing here needs them. */
  class Decoder extends EventEmitter {
    readonly #parts: unknown[] = [];
    add(part: unknown): void {
      this.#parts.push(part);
      const { buffers } = JSON.parse(String(this.#parts[0])) as { buffers: number };
      if (this.#parts.length <= buffers) return;
      counts.decoded += 1;
      this.emit("decoded", decode(this.#parts.splice(0)));
    }
    destroy(): void {}
  }

  return { counts, parser: { protocol: 5, Encoder, Decoder } };
}

function encode(packet: Packet): unknown[] {
  const buffers: Buffer[] = [];
  const data = JSON.stringify(packet.data, (_, value) => {
    if (value?.type !== "Buffer") return value;
    buffers.push(Buffer.from(value.data));
    return { buffer: buffers.length };
  });
  const head = {
    ...packet,
    data: data === undefined ? undefined : JSON.parse(data),
    buffers: buffers.length,
  };
  return [JSON.stringify(head), ...buffers];
}

function decode([head, ...buffers]: unknown[]): Packet {
  return JSON.parse(String(head), (_, value) =>
    typeof value?.buffer === "number" ? Buffer.from(buffers[value.buffer - 1] as Buffer) : value,
  );
}
