/** Bus benchmark, client: reads the packets of the app's broadcasts, without JSON: most of the client's work is this. Pure. */

export type Delivery = {
  /** Number to answer with, or undefined where no answer is awaited. */
  readonly answer: number | undefined;
  readonly sender: number;
  readonly number: number;
  /** Microseconds on the clock of the host. */
  readonly sentAt: number;
};

/** `42["m",sender,number,sentAt,"…"]`, or with an id `42<id>["q",…`. */
const BROADCAST = /^42(\d*)\["[mq]",(\d+),(\d+),(\d+),/;

/** @returns undefined for any other event */
export function readDelivery(packet: string): Delivery | undefined {
  const match = BROADCAST.exec(packet);
  if (match === null) return undefined;
  const [, answer, sender, number, sentAt] = match;
  return {
    answer: answer === "" ? undefined : Number(answer),
    sender: Number(sender),
    number: Number(number),
    sentAt: Number(sentAt),
  };
}

/** The clock that all processes of a host share. Microseconds. */
export function microseconds(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e6 + nanoseconds / 1e3;
}
