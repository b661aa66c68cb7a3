/** Worker (accepting): brings strays to their owner on this host. One link for each owner, dialled at the first stray, closed by its death. */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { LinkServer } from "../../protocol/link-server.js";
import { dial } from "../../protocol/link-server.js";
import type { RequestOrigin } from "../request-head.js";
import type { Carried } from "./carried.js";
import { forwardRequest, forwardUpgrade, type StrayOutcome } from "./forward.js";
import { StreamTable } from "./stream-table.js";

/** Where the owner of a slot is reached; `key` is unlike that of any other worker. */
export type OwnerAddress = { readonly key: string; readonly path: string };

export class Forwarder {
  readonly #self: LinkServer;
  readonly #carried: Carried;
  readonly #links = new Map<string, Promise<StreamTable>>();

  constructor(self: LinkServer, carried: Carried) {
    this.#self = self;
    this.#carried = carried;
  }

  /** Forwards one request and writes the owner's answer to `response`. */
  request(
    owner: OwnerAddress,
    request: IncomingMessage,
    response: ServerResponse,
    origin: RequestOrigin,
    outcome: StrayOutcome,
  ): void {
    forwardRequest(this.#link(owner), this.#carried, request, response, origin, outcome);
  }

  /** Tunnels an upgrade for all its life. */
  upgrade(
    owner: OwnerAddress,
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    origin: RequestOrigin,
    outcome: StrayOutcome,
  ): void {
    forwardUpgrade(this.#link(owner), this.#carried, request, socket, head, origin, outcome);
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
      return new StreamTable(socket, head, { close: () => this.#links.delete(key) });
    } catch (error) {
      this.#links.delete(key);
      throw error;
    }
  }
}
