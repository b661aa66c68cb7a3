/** Worker (accepting): brings strays to their owner. One link for each owner, dialled at the first stray, closed by its death. */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { encodeHead, encodeUpgrade, Forward } from "../../protocol/forward-frames.js";
import type { LinkServer } from "../../protocol/link-server.js";
import { dial } from "../../protocol/link-server.js";
import { hasBody, type RequestOrigin, requestHead } from "../request-head.js";
import { relayRequest } from "./relay-request.js";
import { relayTunnel } from "./relay-tunnel.js";
import { StreamTable } from "./stream-table.js";

/** What became of a stray that was not served by its owner. One of them is called, at most once. */
export type StrayOutcome = {
  /** The owner cannot be reached or died, and the request can still be served here: no byte of its body or of an answer passed. */
  lost(): void;
  /** The client was gone before the stray left. */
  gone(): void;
};

/** Where the owner of a slot is reached; `key` is unlike that of any other worker. */
export type OwnerAddress = { readonly key: string; readonly path: string };

export class Forwarder {
  readonly #self: LinkServer;
  readonly #links = new Map<string, Promise<StreamTable>>();

  constructor(self: LinkServer) {
    this.#self = self;
  }

  /** Forwards one request and writes the owner's answer to `response`. */
  request(
    owner: OwnerAddress,
    request: IncomingMessage,
    response: ServerResponse,
    origin: RequestOrigin,
    { lost, gone }: StrayOutcome,
  ): void {
    this.#withLink(owner, lost, (table) => {
      if (response.destroyed) {
        gone();
        return;
      }
      const stream = table.number();
      const body = hasBody(request);
      table.link.send(
        body ? Forward.REQUEST : Forward.REQUEST_WITHOUT_BODY,
        stream,
        encodeHead(requestHead(request, origin)),
      );
      relayRequest({ table, stream, request, response, body, lost });
    });
  }

  /** Tunnels an upgrade for all its life. */
  upgrade(
    owner: OwnerAddress,
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    origin: RequestOrigin,
    { lost, gone }: StrayOutcome,
  ): void {
    this.#withLink(owner, lost, (table) => {
      if (socket.destroyed) {
        gone();
        return;
      }
      const stream = table.number();
      table.link.send(Forward.UPGRADE, stream, encodeUpgrade(requestHead(request, origin), head));
      relayTunnel(table, stream, socket);
    });
  }

  #withLink(owner: OwnerAddress, lost: () => void, use: (table: StreamTable) => void): void {
    this.#link(owner).then(use, lost);
  }

  #link(owner: OwnerAddress): Promise<StreamTable> {
    const known = this.#links.get(owner.key);
    if (known !== undefined) return known;
    const link = this.#dial(owner);
    this.#links.set(owner.key, link);
    return link;
  }

  async #dial({ key, path }: OwnerAddress): Promise<StreamTable> {
    try {
      const { socket, head } = await dial(path, this.#self, "forward");
      return new StreamTable(socket, head, undefined, () => this.#links.delete(key));
    } catch (error) {
      this.#links.delete(key);
      throw error;
    }
  }
}
