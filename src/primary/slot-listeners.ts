/**
 * Primary: `--listen`: a socket of its own for each slot. All are bound when the first worker asks for its one, or none is; each
 * then outlives its workers, and goes with its slot.
 */

import { type SlotSockets, slotTarget } from "../config/slot-sockets.js";
import { listenKey, ownTarget } from "../protocol/listening.js";
import type { ListenTarget } from "../protocol/messages.js";
import type { Listeners, ListenFailure } from "./listeners.js";
import { removeDeadPipe } from "./pipe-name.js";

export type SlotFailure = ListenFailure & { readonly slot: number; readonly target: ListenTarget };

type Named = { readonly slot: number; readonly key: string; readonly target: ListenTarget };

export class SlotListeners {
  readonly #sockets: SlotSockets | undefined;
  readonly #listeners: Listeners;
  /** Bound or about to be, by what the app asked for besides the slot's own part. */
  readonly #ranges = new Map<string, Promise<SlotFailure | undefined>>();
  /** Keys of the sockets of each slot: one, but where new code asks for another address than the old one. */
  readonly #keys = new Map<number, Set<string>>();

  constructor(sockets: SlotSockets | undefined, listeners: Listeners) {
    this.#sockets = sockets;
    this.#listeners = listeners;
  }

  /**
   * Sees to it that every slot has its socket, as far as they can be bound together: the first time, all are bound or none.
   * @param asked the slot's own target, as its worker asked for it @param slots all that there are
   * @returns why not, for the first slot that cannot have its own
   */
  async open(slot: number, asked: ListenTarget, slots: readonly number[]): Promise<SlotFailure | undefined> {
    const sockets = this.#sockets;
    if (sockets === undefined) return undefined;
    const named = (other: number): Named => {
      const target = ownTarget(asked, slotTarget(sockets, other));
      return { slot: other, target, key: listenKey({ target, own: true, anyPort: 0 }) };
    };
    const range = named(0).key;
    const known = this.#ranges.get(range);
    if (known !== undefined) return (await known) ?? this.#openLater(named(slot));
    const opening = this.#openAll(slots.map(named));
    this.#ranges.set(range, opening);
    const failure = await opening;
    if (failure !== undefined) this.#ranges.delete(range);
    return failure;
  }

  /** The slot is no more: clients of its socket are to be refused. */
  slotGone(slot: number): void {
    for (const key of this.#keys.get(slot) ?? []) this.#listeners.close(key);
    this.#keys.delete(slot);
  }

  async #openAll(all: readonly Named[]): Promise<SlotFailure | undefined> {
    for (const named of all) await this.#prepare(named);
    const failures = await this.#listeners.bindAll(all);
    const at = failures.findIndex((failure) => failure !== undefined);
    const [failure, named] = [failures[at], all[at]];
    return failure && named && { ...failure, slot: named.slot, target: named.target };
  }

  /** A slot that came later: what its worker gets when it listens is the app's own matter, as for any socket. */
  async #openLater(named: Named): Promise<undefined> {
    if (!this.#listeners.has(named.key)) await this.#prepare(named);
  }

  /** Not for a socket that is bound here: it refuses too, until its worker listens. */
  async #prepare({ slot, key, target }: Named): Promise<void> {
    this.#keys.set(slot, (this.#keys.get(slot) ?? new Set()).add(key));
    if (target.kind === "pipe" && !this.#listeners.wasPassed(target)) await removeDeadPipe(target.path);
  }
}
