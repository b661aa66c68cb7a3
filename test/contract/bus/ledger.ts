/** Contract: what each worker said to whom, held against what was heard. Pure. */

type Entry = { readonly number: number; readonly volatile: boolean };

/** What one sender said, numbered from 0, and who was to hear it. */
export class Ledger {
  readonly #said = new Map<number, Entry[]>();
  #next = 0;

  /** @param to slots @returns the number of the message */
  write(to: readonly number[], volatile: boolean): number {
    const number = this.#next++;
    for (const slot of to) {
      const entries = this.#said.get(slot) ?? [];
      this.#said.set(slot, entries);
      entries.push({ number, volatile });
    }
    return number;
  }

  /**
   * @param heard what {@link Recorder.of} the receiver returns of this sender
   * @returns how many messages are neither heard nor told as lost
   * @throws {Error} for what was doubled, out of order, meant for another, or missing without `lost` or `down`
   */
  open(slot: number, heard: readonly string[]): number {
    const said = this.#said.get(slot) ?? [];
    let place = 0;
    let afterDown = false;
    for (const event of heard) {
      const lost = Number(/^lost (\d+) of$/.exec(event)?.[1] ?? 0);
      if (event === "down") afterDown = true;
      // A new link begins with an empty queue: its first message always fits.
      if (lost > 0 && afterDown) throw new Error(`${event} a link that is gone`);
      if (lost > 0) place = skip(said, place, lost);
      if (!event.startsWith("#")) continue;
      place = find(said, place, Number(event.slice(1)), afterDown) + 1;
      afterDown = false;
    }
    return said.slice(place).filter(({ volatile }) => !volatile).length;
  }
}

/** The place behind so many messages that are not volatile. */
function skip(said: readonly Entry[], from: number, messages: number): number {
  let place = from;
  for (let left = messages; left > 0; place++) {
    const entry = said[place];
    if (entry === undefined) throw new Error(`${left} more told as lost than were sent`);
    if (!entry.volatile) left -= 1;
  }
  return place;
}

/** The place of a message; before it only volatile ones may be missing, or any where the link broke. */
function find(said: readonly Entry[], from: number, number: number, gapAllowed: boolean): number {
  for (let place = from; place < said.length; place++) {
    const entry = said[place] as Entry;
    if (entry.number === number) return place;
    if (!entry.volatile && !gapAllowed) throw new Error(`#${number} came where #${entry.number} was due`);
  }
  throw new Error(`#${number} came twice, too late, or was for somebody else`);
}
