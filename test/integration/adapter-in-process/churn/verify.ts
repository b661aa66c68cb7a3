/** Compares what receivers of the churn test heard with what they had to hear. Pure. */

import type { Verdict } from "./ledger.js";

/** A message carries its number, and the worker that sent it. */
export type Heard = { readonly number: number; readonly sender: number };

type Judged = { readonly message: number; readonly receiver: string; readonly verdict: Verdict };

/** What is wrong with one receiver's messages, a sentence each. Those without a verdict may always come. */
export function violations(receiver: string, heard: readonly Heard[], judged: readonly Judged[]): string[] {
  const wrong: string[] = [];
  const numbers = heard.map(({ number }) => number);
  const last = new Map<number, number>();
  for (const { number, sender } of heard) {
    if ((last.get(sender) ?? -1) > number) wrong.push(`got ${number} of worker ${sender} too late`);
    last.set(sender, Math.max(number, last.get(sender) ?? -1));
  }
  for (const number of new Set(numbers)) {
    const times = numbers.filter((other) => other === number).length;
    if (times > 1) wrong.push(`got ${number} ${times} times`);
  }
  for (const { message, verdict } of judged.filter((one) => one.receiver === receiver)) {
    const got = numbers.includes(message);
    if (verdict === "must" && !got) wrong.push(`did not get ${message}`);
    if (verdict === "never" && got) wrong.push(`got ${message}, which was not for it`);
  }
  return wrong;
}
