/** Bus benchmark, client: whether the deliveries of one member are complete, in order and its own. Pure. */

type Stream = { next: number; readonly stride: number };

/** `stranger` was not meant for this member; `again` came before. */
export type Verdict = { readonly missing: number } | "stranger" | "again";

export class Inbox {
  readonly #streams = new Map<number, Stream>();

  /** This member gets the numbers `first`, `first + stride`, … of a sender. */
  expect(sender: number, first: number, stride: number): void {
    this.#streams.set(sender, { next: first, stride });
  }

  /** @returns how many are missing before this one, or why it should not have come */
  take(sender: number, number: number): Verdict {
    const stream = this.#streams.get(sender);
    if (stream === undefined) return "stranger";
    const ahead = number - stream.next;
    if (ahead % stream.stride !== 0) return "stranger";
    if (ahead < 0) return "again";
    stream.next = number + stream.stride;
    return { missing: ahead / stream.stride };
  }
}
