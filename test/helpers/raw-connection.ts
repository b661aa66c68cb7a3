/** Test helper: one TCP connection spoken to in raw HTTP/1.1, so that a test decides every byte and every cut. */

import { once } from "node:events";
import { connect, type Socket } from "node:net";

export type RawResponse = {
  readonly status: number;
  readonly headers: Map<string, string>;
  readonly body: Buffer;
};

export class RawConnection {
  readonly socket: Socket;
  #chunks: Buffer[] = [];
  #length = 0;
  /** Bytes without which looking again is of no use: joining them each time would make a large body quadratic. */
  #needed = 0;
  #ended = false;
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#length += chunk.length;
      if (this.#length >= this.#needed) this.#wake();
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#ended = true;
      this.#wake();
    });
    socket.on("end", () => {
      this.#ended = true;
      this.#wake();
    });
  }

  /** @param localAddress from which of this machine's addresses */
  static async open(port: number, host = "127.0.0.1", localAddress?: string): Promise<RawConnection> {
    const socket = connect({ port, host, ...(localAddress !== undefined && { localAddress }) });
    await once(socket, "connect");
    return new RawConnection(socket);
  }

  static async openPath(path: string): Promise<RawConnection> {
    const socket = connect(path);
    await once(socket, "connect");
    return new RawConnection(socket);
  }

  get closed(): boolean {
    return this.#ended;
  }

  /** What arrived and was not read yet. */
  get unread(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks, this.#length)];
    return this.#chunks[0] ?? Buffer.alloc(0);
  }

  #drop(bytes: number): void {
    const rest = this.unread.subarray(bytes);
    this.#chunks = rest.length > 0 ? [rest] : [];
    this.#length = rest.length;
    this.#needed = 0;
  }

  /** Everything that arrived, taken out. */
  take(): Buffer {
    const bytes = this.unread;
    this.#drop(bytes.length);
    return bytes;
  }

  /** Waits until something arrived or the other side closed. */
  async more(): Promise<void> {
    await this.#waitFor(() => (this.#length > 0 ? true : undefined));
  }

  write(bytes: string | Buffer): void {
    this.socket.write(bytes);
  }

  /** Sends the pieces as segments of their own. */
  async writePieces(pieces: readonly (string | Buffer)[]): Promise<void> {
    for (const piece of pieces) {
      await new Promise<void>((resolve) => this.socket.write(piece, () => resolve()));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async get(target: string, headers: Record<string, string> = {}): Promise<RawResponse> {
    this.write(head("GET", target, headers));
    return this.response();
  }

  async post(
    target: string,
    body: string | Buffer,
    headers: Record<string, string> = {},
  ): Promise<RawResponse> {
    const bytes = Buffer.from(body);
    const all = {
      "Content-Type": "text/plain;charset=UTF-8",
      ...headers,
      "Content-Length": `${bytes.length}`,
    };
    this.write(Buffer.concat([Buffer.from(head("POST", target, all)), bytes]));
    return this.response();
  }

  /** The next response. @throws when the connection ends before it is complete */
  async response(): Promise<RawResponse> {
    const parsed = await this.#waitFor(() => this.#parse());
    if (parsed === undefined)
      throw new Error(
        `the connection ended within a response: ${this.unread.toString("latin1").slice(0, 200)}`,
      );
    return parsed;
  }

  /** Waits until the other side closed. */
  async closes(): Promise<void> {
    await this.#waitFor(() => (this.#ended ? true : undefined));
  }

  destroy(): void {
    this.socket.destroy();
  }

  async #waitFor<T>(attempt: () => T | undefined): Promise<T | undefined> {
    for (;;) {
      const result = attempt();
      if (result !== undefined || this.#ended) return result;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #parse(): RawResponse | undefined {
    const end = this.unread.indexOf("\r\n\r\n");
    if (end < 0) return undefined;
    const [statusLine = "", ...lines] = this.unread.toString("latin1", 0, end).split("\r\n");
    const headers = new Map(
      lines.map((line) => {
        const colon = line.indexOf(":");
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
      }),
    );
    const body =
      headers.get("transfer-encoding") === "chunked" ? this.#chunked(end + 4) : this.#sized(end + 4, headers);
    if (body === undefined) return undefined;
    this.#drop(body.end);
    return { status: Number(statusLine.split(" ")[1]), headers, body: body.bytes };
  }

  #sized(start: number, headers: Map<string, string>): { bytes: Buffer; end: number } | undefined {
    const end = start + Number(headers.get("content-length") ?? 0);
    this.#needed = end;
    return this.#length < end ? undefined : { bytes: this.unread.subarray(start, end), end };
  }

  #chunked(start: number): { bytes: Buffer; end: number } | undefined {
    const parts: Buffer[] = [];
    for (let at = start; ; ) {
      const lineEnd = this.unread.indexOf("\r\n", at);
      if (lineEnd < 0) return undefined;
      const size = Number.parseInt(this.unread.toString("latin1", at, lineEnd), 16);
      const next = lineEnd + 2 + size + 2;
      if (this.unread.length < next) return undefined;
      if (size === 0) return { bytes: Buffer.concat(parts), end: next };
      parts.push(this.unread.subarray(lineEnd + 2, lineEnd + 2 + size));
      at = next;
    }
  }
}

export function head(method: string, target: string, headers: Record<string, string> = {}): string {
  const lines = Object.entries({ Host: "app", ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${target} HTTP/1.1\r\n${lines.join("")}\r\n`;
}
