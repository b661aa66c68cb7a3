/**
 * Worker (accepting): whose request it is, as far as the proxies that it came by are believed. Asked once for each request, where it is accepted:
 * its owner must not ask again, since a client may well have an address that is trusted as a proxy's.
 */

import type { IncomingMessage } from "node:http";
import type { TrustHeader, TrustProxy } from "../config/trust-proxy.js";
import { trustsNobody } from "../config/trust-proxy.js";
import { namedHops, walk } from "../routing/client-address.js";
import type { Hop } from "../routing/hop.js";
import { compileTrust, type Trust } from "../routing/trust.js";
import { type Client, endsOf } from "./internals/client-socket.js";

const FORWARDED_ALONE =
  "A trusted proxy sends Forwarded and no X-Forwarded-For. If it writes Forwarded itself, say so with --trust-header forwarded (HOLDFAST_TRUST_HEADER, trustHeader): as it is, its clients can make up their addresses with an X-Forwarded-For of their own.";

export type ClientResolverOptions = {
  readonly trustProxy: TrustProxy;
  readonly trustHeader: TrustHeader;
  /** Takes sentences for the log. */
  readonly warn: (sentence: string) => void;
};

export class ClientResolver {
  readonly trust: Trust;
  readonly #header: TrustHeader;
  readonly #warn: (sentence: string) => void;
  readonly #trustsNobody: boolean;
  #warned = false;

  /** @throws {RangeError} naming the entry that is no address, network or word */
  constructor({ trustProxy, trustHeader, warn }: ClientResolverOptions) {
    this.trust = compileTrust(trustProxy);
    this.#trustsNobody = trustsNobody(trustProxy);
    this.#header = trustHeader;
    this.#warn = warn;
  }

  /** @returns undefined where it is whom the connection shows already */
  clientOf({ socket, headers }: IncomingMessage): Client | undefined {
    if (this.#trustsNobody || socket.destroyed) return undefined;
    const { peer, source } = endsOf(socket);
    const stated = source === undefined ? [peer] : [peer, source];
    const forwarded = headers as Readonly<Record<string, string | undefined>>;
    const client = walk(stated, namedHops(forwarded, this.#header), this.trust);
    if (!isClient(client) || stated.includes(client)) return undefined;
    if (this.#header === "auto" && forwarded["x-forwarded-for"] === undefined) this.#warnOnce();
    return client;
  }

  #warnOnce(): void {
    if (this.#warned) return;
    this.#warned = true;
    this.#warn(FORWARDED_ALONE);
  }
}

const isClient = (hop: Hop | undefined): hop is Client => hop?.address !== undefined;
