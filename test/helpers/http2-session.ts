/** Test helper: Engine.IO by long-polling over one real HTTP/2 connection. */

import { once } from "node:events";
import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from "node:http2";
import { text } from "node:stream/consumers";

const PATH = "/socket.io/?EIO=4&transport=polling";

export type Http2Response = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
};

export class Http2Connection {
  readonly session: ClientHttp2Session;

  private constructor(session: ClientHttp2Session) {
    this.session = session;
  }

  static async open(url: string): Promise<Http2Connection> {
    const session = connect(url, { rejectUnauthorized: false });
    session.on("error", () => {});
    await once(session, "connect");
    return new Http2Connection(session);
  }

  /** GET without a body, POST with one. */
  async send(
    path: string,
    body?: string | Buffer,
    headers: Record<string, string> = {},
  ): Promise<Http2Response> {
    const method = body === undefined ? "GET" : "POST";
    const type = body === undefined ? {} : { "content-type": "text/plain;charset=UTF-8" };
    const stream = this.session.request({ ":path": path, ":method": method, ...type, ...headers });
    stream.end(body);
    const [received] = (await once(stream, "response")) as [IncomingHttpHeaders & { ":status"?: number }];
    return { status: received[":status"] ?? 0, headers: received, body: await text(stream) };
  }

  close(): void {
    this.session.destroy();
  }
}

/** One session on a connection that others share. */
export class Http2Session {
  readonly sid: string;
  readonly #connection: Http2Connection;

  private constructor(connection: Http2Connection, sid: string) {
    this.#connection = connection;
    this.sid = sid;
  }

  static async open(connection: Http2Connection): Promise<Http2Session> {
    const opened = await connection.send(PATH);
    if (opened.status !== 200) throw new Error(`handshake: ${opened.status} ${opened.body}`);
    const session = new Http2Session(connection, (JSON.parse(opened.body.slice(1)) as { sid: string }).sid);
    await session.say("40");
    await session.hear((packet) => packet.startsWith("40"));
    return session;
  }

  get slot(): number {
    return Number.parseInt(this.sid.slice(2, 4), 36);
  }

  /** @throws unless the packets are taken */
  async say(packets: string, headers?: Record<string, string>): Promise<Http2Response> {
    const answer = await this.#connection.send(`${PATH}&sid=${this.sid}`, packets, headers);
    if (answer.status !== 200) throw new Error(`${answer.status} ${answer.body}`);
    return answer;
  }

  /** Polls until a packet is the one. */
  async hear(isIt: (packet: string) => boolean): Promise<string> {
    for (;;) {
      const { status, body } = await this.#connection.send(`${PATH}&sid=${this.sid}`);
      if (status !== 200) throw new Error(`${status} ${body}`);
      const found = body.split("\x1e").find(isIt);
      if (found !== undefined) return found;
    }
  }
}
