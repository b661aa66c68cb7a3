/** Worker (owner): the links by which gateways bring strays of other hosts, which are told in time that this worker is about to end. */

import { Forward } from "../../protocol/forward-frames.js";
import type { StreamTable } from "../forward/stream-table.js";

export class Guests {
  readonly #links = new Set<StreamTable>();
  #leaving = false;

  /** A link that is opened now, after all were told, was meant for this worker before its gateway had heard: it is told as well. */
  add(table: StreamTable): void {
    this.#links.add(table);
    if (this.#leaving) table.link.send(Forward.LEAVING, 0);
  }

  delete(table: StreamTable): void {
    this.#links.delete(table);
  }

  /** What is new is to go to another worker. */
  leave(): void {
    if (this.#leaving) return;
    this.#leaving = true;
    for (const { link } of this.#links) link.send(Forward.LEAVING, 0);
  }

  stay(): void {
    this.#leaving = false;
  }
}
