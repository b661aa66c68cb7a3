/**
 * Primary: the admin endpoint, plain HTTP for probes. Opened before the first worker and closed after the last one, so that it
 * says "no" while the fleet starts and drains. It reads and answers; it changes nothing.
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { codeOf, HoldfastError, messageOf } from "../../base/errors.js";
import { type AdminAddress, adminAddressText } from "../../config/admin-address.js";
import { type HealthSource, replyTo } from "./replies.js";

/** A probe sends a few hundred bytes at once, and a handful of probes come at a time. Bytes, milliseconds, connections. */
const MAX_HEAD = 8192;
const REQUEST_TIME = 2000;
const MAX_CONNECTIONS = 100;

export class AdminServer {
  readonly #server: Server;
  readonly #address: AdminAddress;

  constructor(address: AdminAddress, source: HealthSource) {
    this.#address = address;
    this.#server = createServer(
      {
        maxHeaderSize: MAX_HEAD,
        headersTimeout: REQUEST_TIME,
        requestTimeout: REQUEST_TIME,
        connectionsCheckingInterval: 1000,
      },
      (request, response) => answer(request, response, source),
    );
    this.#server.maxConnections = MAX_CONNECTIONS;
    this.#server.unref();
  }

  /** @throws {HoldfastError} ERR_ADMIN_ADDRESS when the address is taken or not this machine's */
  async listen(): Promise<void> {
    const { host, port } = this.#address;
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", (cause) => reject(listenError(this.#address, cause)));
      this.#server.listen({ host, port }, resolve);
    });
    this.#server.removeAllListeners("error").on("error", () => {});
  }

  /** Who is being answered gets the answer; nobody can delay the end. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeIdleConnections();
      setTimeout(() => this.#server.closeAllConnections(), 200).unref();
    });
  }
}

function answer(request: IncomingMessage, response: ServerResponse, source: HealthSource): void {
  const { code, type, body, allow } = replyTo(request.method ?? "", request.url ?? "", source);
  response.writeHead(code, {
    "content-type": `${type}; charset=utf-8`,
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
    // A probe asks once; what it might send behind its question is not read.
    connection: "close",
    ...(allow !== undefined && { allow }),
  });
  response.end(request.method === "HEAD" ? undefined : body);
}

function listenError(address: AdminAddress, cause: Error): HoldfastError {
  const text = adminAddressText(address);
  const why =
    codeOf(cause) === "EADDRINUSE" ? "another program listens there" : messageOf(cause).replace(/\.$/, "");
  return new HoldfastError(
    "ERR_ADMIN_ADDRESS",
    `The admin endpoint cannot listen on ${text} (--admin): ${why}. Write another address or port.`,
    { cause },
  );
}
