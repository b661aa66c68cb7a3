/** Bridge: sends messages of the adapters to other hosts; news of rooms go before them. */

import { encodeMessage, type MessageDraft } from "../../adapter/wire.js";
import type { Site } from "../site.js";
import type { Host } from "./hosts.js";

export class SiteSide {
  readonly #site: Site;
  readonly #flush: () => void;

  /** @param flush tells the news that waits */
  constructor(site: Site, flush: () => void) {
    this.#site = site;
    this.#flush = flush;
  }

  /** Whether what is asked now may be answered. */
  get isUp(): boolean {
    return this.#site.redis.up;
  }

  /** @param bytes a message; must not be changed afterwards */
  send(to: readonly Host[], bytes: Buffer, volatile = false): void {
    if (to.length === 0) return;
    // Whoever acts on this message must find this host in the rooms that it is in.
    this.#flush();
    this.#post(to, bytes, volatile);
  }

  tell(to: readonly Host[], draft: MessageDraft): void {
    if (to.length > 0) this.send(to, encodeMessage(draft));
  }

  /** The news itself. */
  news(to: readonly Host[], draft: MessageDraft): void {
    if (to.length > 0) this.#post(to, encodeMessage(draft), false);
  }

  #post(to: readonly Host[], bytes: Buffer, volatile: boolean): void {
    this.#site.send(
      to.map(({ site }) => site),
      bytes,
      volatile,
    );
  }
}
