/** Bus benchmark, client: lets one worker broadcast in bursts, each as soon as the one before has arrived everywhere. */

import type { BusClient } from "./bus-client.js";
import type { Member } from "./member.js";

export type SenderOptions = {
  readonly client: BusClient;
  /** Names it in what it sends; from 0. */
  readonly sender: number;
  /** Its session on the worker that broadcasts. */
  readonly control: Member;
  /** Rooms, in turn. */
  readonly targets: readonly string[];
  /** Deliveries of each broadcast that the client waits for. */
  readonly audience: number;
  /** Broadcasts of one burst. */
  readonly count: number;
  /** Characters of the text in each broadcast. */
  readonly size: number;
  /** Called with what the app says of each burst. */
  readonly answered?: (answer: unknown) => void;
  /** The app's event. */
  readonly event?: "burst" | "burst with acks";
};

export class Sender {
  readonly #options: SenderOptions;
  #sent = 0;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** Broadcasts so far. */
  get sent(): number {
    return this.#sent;
  }

  /** @throws when deliveries, or the app's answer, do not come in time */
  async burst(): Promise<void> {
    const { client, sender, control, targets, audience, count, size, answered, event } = this.#options;
    const order = { sender, from: this.#sent, count, targets, size };
    this.#sent += count;
    const answer = await control.ask(event ?? "burst", order);
    await client.untilDelivered(sender, this.#sent * audience);
    answered?.(answer);
  }
}

/** Bursts of all senders without a pause while `work` runs. @returns its result, when the last burst has arrived */
export async function sendWhile<T>(senders: readonly Sender[], work: () => Promise<T>): Promise<T> {
  let going = true;
  const repeat = async (sender: Sender): Promise<void> => {
    while (going) await sender.burst();
  };
  const loops = Promise.all(senders.map(repeat));
  try {
    const result = await Promise.race([work(), loops.then(() => undefined as never)]);
    going = false;
    await loops;
    return result;
  } finally {
    going = false;
  }
}
