/**
 * Adapter, in a worker: tells the others where this worker has members: changes at the end of each turn, and everything to one who
 * is new or has lost something. The board shows at once that a change is coming.
 */

import type { Board, Peer } from "../../bus/bus.js";
import { type MessageDraft, MessageKind } from "../wire.js";
import { ALL_PLACES, cellOf, type Place } from "./places.js";

export type Send = (to: readonly Peer[] | "all", draft: MessageDraft) => void;

/** The namespaces of this worker by address, with the places where its sockets are. */
export type Namespaces = ReadonlyMap<string, { places(): Iterable<Place> }>;

export class Announcements {
  readonly #board: Board | undefined;
  readonly #send: Send;
  /** By address: places entered, places left, entered, and so on. */
  #changes = new Map<string, Place[][]>();
  #scheduled = false;

  constructor(board: Board | undefined, send: Send) {
    this.#board = board;
    this.#send = send;
  }

  /** The first member came. */
  enter(address: string, place: Place): void {
    // The sum last: who sees it unchanged need not look at the other.
    this.#board?.add(cellOf(address, place));
    this.#board?.add(ALL_PLACES);
    const changes = this.#changesOf(address);
    if (changes.length % 2 === 0) changes.push([]);
    changes.at(-1)?.push(place);
  }

  /** The last member left. */
  leave(address: string, place: Place): void {
    const changes = this.#changesOf(address);
    if (changes.length === 0) changes.push([]);
    if (changes.length % 2 === 1) changes.push([]);
    changes.at(-1)?.push(place);
  }

  /** Tells the changes of this turn so far. */
  flush(): void {
    if (this.#changes.size === 0) return;
    const changes = this.#changes;
    this.#changes = new Map();
    for (const [address, c] of changes) {
      this.#send("all", { kind: MessageKind.ROOMS, address, options: { c } });
    }
  }

  /** Tells one peer everything. @param request where not 0, it answers SETTLED with this number */
  tellAll(peer: Peer, namespaces: Namespaces, request: number): void {
    this.flush();
    const n = [...namespaces].map(([address, member]) => [address, [...member.places()]]);
    // One message, however long: in parts, it could fill the queue that has just become free, and never end.
    this.#send([peer], { kind: MessageKind.ROSTER, request, options: { n }, body: this.#counts() });
  }

  #counts(): Buffer[] {
    const own = this.#board?.own();
    // A copy: the counts of this moment, whatever is counted until they leave.
    return own === undefined ? [] : [Buffer.from(own.slice().buffer)];
  }

  #changesOf(address: string): Place[][] {
    const known = this.#changes.get(address);
    if (known !== undefined) return known;
    const changes: Place[][] = [];
    this.#changes.set(address, changes);
    this.#schedule();
    return changes;
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    process.nextTick(() => {
      this.#scheduled = false;
      this.flush();
    });
  }
}
