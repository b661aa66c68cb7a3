/** Worker: the head of a response as a `ServerResponse` wrote it, read back. Pure. */

export type ResponseHead = {
  readonly status: number;
  readonly message: string;
  /** Names and values in turn, without those that belong to a connection. */
  readonly headers: string[];
};

/** Headers of one connection (RFC 9110, 7.6.1), and the date: the worker that has the client writes its own. */
const OF_CONNECTION = new Set(["connection", "keep-alive", "transfer-encoding", "date"]);

/** Longest head that an engine and its middlewares may write. Bytes. */
const MAX_HEAD = 256 * 1024;

/** Collects bytes until the head is complete. */
export class ResponseHeadReader {
  #pending: Buffer | undefined;

  /** @returns undefined while more is needed. @throws when the bytes are no head */
  push(chunk: Buffer): { head: ResponseHead; rest: Buffer } | undefined {
    const bytes = this.#pending === undefined ? chunk : Buffer.concat([this.#pending, chunk]);
    const end = bytes.indexOf("\r\n\r\n");
    if (end < 0) {
      if (bytes.length > MAX_HEAD) throw new Error("the head of a forwarded response is too long");
      this.#pending = bytes;
      return undefined;
    }
    return { head: parse(bytes.toString("latin1", 0, end)), rest: bytes.subarray(end + 4) };
  }
}

function parse(text: string): ResponseHead {
  const [statusLine = "", ...lines] = text.split("\r\n");
  const match = /^HTTP\/1\.1 (\d{3}) ?(.*)$/.exec(statusLine);
  if (match === null) throw new Error("the head of a forwarded response is damaged");
  const headers: string[] = [];
  for (const line of lines) {
    const colon = line.indexOf(": ");
    const name = line.slice(0, colon);
    if (colon > 0 && !OF_CONNECTION.has(name.toLowerCase())) headers.push(name, line.slice(colon + 2));
  }
  return { status: Number(match[1]), message: match[2] ?? "", headers };
}
