/**
 * Bridge: the port on which workers of other hosts bring requests and upgrades for sessions of this one. It lets in whoever knows the
 * site's secret, joins the connection with the worker that is meant, and reads nothing of what passes.
 */

import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { createServer as createSecureServer, type Server as SecureServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { codeOf, HoldfastError, messageOf } from "../../base/errors.js";
import { type LinkTerms, readLinkRequest } from "../../protocol/gateway-handshake.js";
import type { PeerIdentity } from "../../protocol/hello.js";
import { dial } from "../../protocol/link-server.js";
import { admit } from "./admit.js";
import { join } from "./join.js";
import { Refusals } from "./refusals.js";

/** Default of `handshakeTimeout`. */
const HANDSHAKE_TIMEOUT = 5000;
/** Of the request for a link. Bytes. */
const MAX_REQUEST = 4096;
/** Connections that have proved nothing yet. */
const MAX_STRANGERS = 64;
/** Open links: each costs this process two descriptors. */
const MAX_LINKS = 8192;
/** A host that vanished without a word is found by the kernel after so long and ten more seconds. Milliseconds. */
const KEEP_ALIVE = 15_000;

/** Who the gateway is to the workers of its own host, and to other hosts. */
export type GatewaySelf = {
  /** Its link server's: a slot that no worker has. */
  readonly identity: PeerIdentity;
  readonly fleet: string;
  readonly secret: string;
};

export type GatewayOptions = {
  readonly listen: { readonly host: string; readonly port: number };
  /** Files, in PEM. With them, only who has a certificate of this authority is heard at all. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca: string } | undefined;
  /** Undefined while this host has no number yet, or does not know the secret: nobody is let in. */
  readonly self: () => GatewaySelf | undefined;
  /** The forward socket of the worker that is to have what is for a slot; undefined: none lives. */
  readonly resolve: (slot: number) => string | undefined;
  /**
   * From the connection to the proof that it knows the secret; with TLS, from the end of its handshake, which has as long.
   * Milliseconds; default 5000.
   */
  readonly handshakeTimeout?: number;
  /** One sentence for the log: somebody was refused. At most one a minute. */
  readonly onProblem: (sentence: string) => void;
};

export class Gateway {
  readonly #options: GatewayOptions;
  readonly #timeout: number;
  readonly #refusals: Refusals;
  readonly #sockets = new Set<Socket>();
  readonly #links = new Set<Duplex>();
  readonly #refused = new WeakSet<Duplex>();
  #server: Server | SecureServer | undefined;
  #accepted = 0;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#timeout = options.handshakeTimeout ?? HANDSHAKE_TIMEOUT;
    this.#refusals = new Refusals(options.onProblem);
  }

  /** Links that were let in and that are open, and connections that were refused, since the start. */
  get counters(): { readonly accepted: number; readonly open: number; readonly refused: number } {
    return { accepted: this.#accepted, open: this.#links.size, refused: this.#refusals.count };
  }

  /**
   * @returns the port that it got
   * @throws {HoldfastError} ERR_SITE_TLS when the files cannot be used, ERR_SITE_LISTEN when the address cannot
   */
  async listen(): Promise<{ port: number }> {
    const { host, port } = this.#options.listen;
    const server = this.#createServer();
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once("error", (error) => reject(cannotListen(host, port, error)));
      server.listen({ host, port, exclusive: true }, resolve);
    });
    server.removeAllListeners("error").on("error", () => {});
    return { port: (server.address() as AddressInfo).port };
  }

  /** Takes no more, and closes every link: what is under way on them is lost. */
  close(): void {
    this.#server?.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #createServer(): Server | SecureServer {
    const { tls } = this.#options;
    const limits = { maxHeaderSize: MAX_REQUEST };
    const secured = { ...limits, requestCert: true, rejectUnauthorized: true };
    const server =
      tls === undefined
        ? createServer(limits)
        : createSecure({ ...secured, handshakeTimeout: this.#timeout }, tls);
    server.on("connection", (socket: Socket) => this.#onConnection(socket));
    server.on(tls === undefined ? "connection" : "secureConnection", (socket: Socket) =>
      this.#limitTime(socket),
    );
    server.on("tlsClientError", (error: Error, socket: Socket) =>
      this.#refuse(socket, `its TLS handshake failed (${error.message})`),
    );
    server.on("clientError", (error: Error, socket: Duplex) =>
      this.#refuse(socket, `it sent no request (${error.message})`),
    );
    server.on("request", (request, response) => {
      this.#refusals.add(request.socket.remoteAddress, "it asked for no link");
      response.writeHead(426, { connection: "close" }).end(() => request.socket.destroy());
    });
    server.on("upgrade", (request: IncomingMessage, socket: Duplex, behind: Buffer) =>
      this.#onUpgrade(request, socket, behind),
    );
    return server;
  }

  #onConnection(socket: Socket): void {
    if (this.#sockets.size - this.#links.size >= MAX_STRANGERS) {
      this.#refuse(socket, `${MAX_STRANGERS} others have not shown who they are yet`);
      return;
    }
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE);
  }

  /** Of one that is a link by then nothing is asked. */
  #limitTime(socket: Socket): void {
    const timer = setTimeout(() => {
      if (!this.#links.has(socket)) this.#refuse(socket, "its handshake took too long");
    }, this.#timeout);
    socket.once("close", () => clearTimeout(timer));
  }

  #onUpgrade(request: IncomingMessage, socket: Duplex, behind: Buffer): void {
    // Node's http has let go of it.
    socket.on("error", () => {});
    const self = this.#options.self();
    const terms = readLinkRequest(request);
    if (typeof terms === "string") this.#refuse(socket, terms);
    else if (behind.length > 0) this.#refuse(socket, "it spoke out of turn");
    else if (self === undefined || self.secret === "")
      this.#refuse(socket, "this host has not joined its site yet");
    else if (terms.to !== self.identity.host || terms.from === self.identity.host)
      this.#refuse(
        socket,
        `it is host ${terms.from} and looks for host ${terms.to}, this is host ${self.identity.host}`,
      );
    else
      admit(socket, terms, self.secret, (admitted) => {
        if (typeof admitted === "string") this.#refuse(socket, admitted);
        else if (this.#links.size >= MAX_LINKS) {
          admitted.answer("This host has too many links open.");
          this.#refuse(socket, `${MAX_LINKS} links are open`);
        } else {
          this.#links.add(socket);
          socket.once("close", () => this.#links.delete(socket));
          void this.#bring(socket, terms, self, admitted);
        }
      });
  }

  async #bring(
    socket: Duplex,
    { slot }: LinkTerms,
    self: GatewaySelf,
    { rest, answer }: { rest: Buffer; answer(refusal?: string): void },
  ): Promise<void> {
    try {
      const path = this.#options.resolve(slot);
      if (path === undefined) throw new Error("no worker of this host lives");
      const { socket: inner, head } = await dial(path, self, "forward");
      this.#accepted += 1;
      answer();
      if (head.length > 0) socket.write(head);
      if (rest.length > 0) inner.write(rest);
      join(socket, inner, () => this.#links.delete(socket));
    } catch (error) {
      // It knows the secret: this is no attack but a worker that has just died, and the dialler says what became of it.
      answer(`The worker of slot ${slot} cannot be reached: ${messageOf(error)}`);
      socket.end(() => socket.destroy());
    }
  }

  /** Once: closing it may be heard as another reason. */
  #refuse(socket: Duplex, why: string): void {
    if (this.#refused.has(socket)) return;
    this.#refused.add(socket);
    this.#refusals.add((socket as Partial<Socket>).remoteAddress, why);
    socket.destroy();
  }
}

type TlsFiles = { readonly cert: string; readonly key: string; readonly ca: string };

function createSecure(options: object, { cert, key, ca }: TlsFiles): SecureServer {
  try {
    const files = { cert: readFileSync(cert), key: readFileSync(key), ca: readFileSync(ca) };
    return createSecureServer({ ...options, ...files });
  } catch (cause) {
    throw new HoldfastError(
      "ERR_SITE_TLS",
      `The certificate ${cert}, its key ${key} and the authority ${ca} of this host cannot be used: ${messageOf(cause)}. Give three files in PEM that belong together and that this user may read.`,
      { cause },
    );
  }
}

function cannotListen(host: string, port: number, cause: Error): HoldfastError {
  const why = codeOf(cause) === "EADDRINUSE" ? "somebody else listens there" : cause.message;
  return new HoldfastError(
    "ERR_SITE_LISTEN",
    `This host cannot listen for the other hosts of its site at ${host}:${port}: ${why}. Give it an address of this machine and a port that is free.`,
    { cause },
  );
}
