/**
 * The model of the churn test, pure: what was done in which order, and hence who must get a message, who may and who never.
 *
 * Everything since all workers last fell silent is an epoch. Within it a worker carries out what another asks for at some unknown
 * moment, but in the order in which that other asked; its own acts it carries out at once. So:
 * - at a receiver on the sender's own worker nothing is open but what third workers asked for in this epoch;
 * - at any other receiver, what the sender asked for before has happened, what it asked for later has not; of what the receiver's
 *   own worker did, everything before has happened and the rest may have; what third workers asked for may have happened.
 */

export type Room = string;
export type Target = { readonly rooms: readonly Room[]; readonly except: readonly Room[] };
export type Verdict = "must" | "may" | "never";

/** Somebody who gets messages. */
export type Receiver = { readonly id: string; readonly worker: number };

export type Act = { readonly by: number; readonly target: Target; readonly only?: string } & (
  | { readonly kind: "emit"; readonly message: number }
  | { readonly kind: "join" | "leave"; readonly moved: readonly Room[] }
);

type Entry = Receiver & {
  readonly born: number;
  died: boolean;
  /** Rooms when the epoch began. */
  rooms: ReadonlySet<Room>;
};

export class Ledger {
  readonly #receivers = new Map<string, Entry>();
  readonly #gone = new Set<number>();
  readonly #cut = new Set<string>();
  readonly #certainty = new Map<string, Verdict>();
  #acts: Act[] = [];

  add(act: Act): void {
    this.#acts.push(act);
  }

  /** Connected from now on, in the room of its own name. */
  born(receiver: Receiver): void {
    this.#receivers.set(receiver.id, {
      ...receiver,
      born: this.#acts.length,
      died: false,
      rooms: new Set([receiver.id]),
    });
  }

  /** Its connection ends about now. */
  died(id: string): void {
    const entry = this.#receivers.get(id);
    if (entry !== undefined) entry.died = true;
  }

  /** A worker leaves: what it sent last may be lost. */
  gone(worker: number): void {
    this.#gone.add(worker);
  }

  /** The link between two workers breaks. @returns whether it was whole in this epoch */
  cut(a: number, b: number): boolean {
    const whole = !this.#cut.has(linkOf(a, b));
    this.#cut.add(linkOf(a, b));
    return whole;
  }

  /** Of every message of this epoch, for every receiver. */
  verdicts(): { message: number; receiver: string; verdict: Verdict }[] {
    this.#certainty.clear();
    return this.#acts.flatMap((act, at) =>
      act.kind !== "emit"
        ? []
        : [...this.#receivers.values()].map((entry) => ({
            message: act.message,
            receiver: entry.id,
            verdict: this.#matches(at, entry),
          })),
    );
  }

  /** The rooms that this one may be in now that all is silent: those that it must be in, and those that are open. */
  rooms(id: string): { must: Set<Room>; may: Set<Room> } {
    this.#certainty.clear();
    const entry = this.#receivers.get(id) as Entry;
    const must = new Set<Room>();
    const may = new Set<Room>();
    const named = this.#acts.flatMap((act) => (act.kind === "emit" ? [] : act.moved));
    for (const room of new Set([...entry.rooms, ...named])) {
      const states = this.#finally(entry, room);
      if (!states.has(false)) must.add(room);
      else if (states.has(true)) may.add(room);
    }
    return { must, may };
  }

  /** All is silent: a new epoch, with those who live, in these rooms. */
  begin(roomsOf: (id: string) => ReadonlySet<Room>): void {
    this.#acts = [];
    this.#gone.clear();
    this.#cut.clear();
    for (const [id, entry] of this.#receivers) {
      if (entry.died) this.#receivers.delete(id);
      else this.#receivers.set(id, { ...entry, born: 0, rooms: new Set(roomsOf(id)) });
    }
  }

  /** Whether an act reaches a receiver. Each looks at earlier ones only, or at those of one worker: this ends. */
  #matches(at: number, entry: Entry): Verdict {
    const key = `${at} ${entry.id}`;
    const known = this.#certainty.get(key);
    if (known !== undefined) return known;
    const verdict = this.#decide(this.#acts[at] as Act, at, entry);
    this.#certainty.set(key, verdict);
    return verdict;
  }

  #decide(act: Act, at: number, entry: Entry): Verdict {
    const local = act.by === entry.worker;
    if (act.only !== undefined) return act.only === entry.id ? "must" : "never";
    if (at < entry.born && local) return "never";
    const matched = this.#chosen(act, at, entry);
    const doubtful =
      at < entry.born ||
      entry.died ||
      (!local && this.#gone.has(act.by)) ||
      this.#cut.has(linkOf(act.by, entry.worker));
    return matched === "must" && doubtful ? "may" : matched;
  }

  #chosen({ by, target: { rooms, except } }: Act, at: number, entry: Entry): Verdict {
    const states = (room: Room): Set<boolean> => this.#states(entry, room, at, by);
    const outs = except.map(states);
    if (outs.some((state) => !state.has(false))) return "never";
    const ins = rooms.map(states);
    if (rooms.length > 0 && ins.every((state) => !state.has(true))) return "never";
    const sure = rooms.length === 0 || ins.some((state) => !state.has(false));
    return sure && outs.every((state) => !state.has(true)) ? "must" : "may";
  }

  /** Whether the receiver is in the room when the act reaches it: one answer, or both. */
  #states(entry: Entry, room: Room, at: number, by: number): Set<boolean> {
    const local = by === entry.worker;
    let states = new Set([entry.rooms.has(room)]);
    let remote = false;
    for (const { index, by: mover, value } of this.#movesOf(room)) {
      const own = mover === entry.worker;
      const before = index < at && (own || mover === by);
      const match = before ? this.#matches(index, entry) : "never";
      // What the sender asked for first may be carried out behind the own worker's act, but not the other way round.
      if (match === "must" && !(own && remote)) states = new Set([value]);
      else if (match !== "never") states.add(value);
      remote ||= match !== "never" && !own;
    }
    for (const { index, by: mover, value } of this.#movesOf(room)) {
      const later = !local && mover === entry.worker && index > at && this.#matches(index, entry) !== "never";
      const third = mover !== by && mover !== entry.worker && (!local || index < at);
      if (later || third) states.add(value);
    }
    return states;
  }

  #finally(entry: Entry, room: Room): Set<boolean> {
    const moves = this.#movesOf(room).filter(({ index }) => this.#matches(index, entry) !== "never");
    const oneMover = new Set(moves.map(({ by }) => by)).size === 1;
    let states = new Set([entry.rooms.has(room)]);
    for (const { index, value } of moves) {
      if (oneMover && this.#matches(index, entry) === "must") states = new Set([value]);
      else states.add(value);
    }
    return states;
  }

  #movesOf(room: Room): { index: number; by: number; value: boolean }[] {
    return this.#acts.flatMap((act, index) =>
      act.kind !== "emit" && act.moved.includes(room)
        ? [{ index, by: act.by, value: act.kind === "join" }]
        : [],
    );
  }
}

function linkOf(a: number, b: number): string {
  return `${Math.min(a, b)} ${Math.max(a, b)}`;
}
