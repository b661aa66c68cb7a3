/** Bridge, pure: which number a host claims. */

import { HOST_NUMBERS, type HostRecord, readRecord } from "./record.js";

export type Claim =
  /** `over`: what stands there must be exactly this, of a host that is gone; null: nothing may stand there. */
  | { readonly do: "claim"; readonly host: number; readonly over: string | null }
  /** It is not known yet whether the one who has the number lives. */
  | { readonly do: "wait"; readonly why: string }
  /** The number that was asked for is a living host's. */
  | { readonly do: "refuse"; readonly holder: HostRecord };

export type ClaimView = {
  /** The only number that will do. */
  readonly wanted: number | undefined;
  /** From here on the first that is free. */
  readonly preferred: number;
  readonly token: string;
  /** All that stands in Redis. */
  readonly fields: ReadonlyMap<number, string>;
  /** Of those the ones that did not change for a lease. */
  readonly stale: ReadonlyMap<number, string>;
  /** Those whose beat was seen to change. */
  readonly alive: ReadonlySet<number>;
};

export function chooseNumber(view: ClaimView): Claim {
  return view.wanted === undefined ? anyNumber(view) : thisNumber(view, view.wanted);
}

function thisNumber({ fields, stale, alive, token }: ClaimView, host: number): Claim {
  const text = fields.get(host);
  if (text === undefined) return { do: "claim", host, over: null };
  const holder = readRecord(host, text);
  // Its own, of a life of this bridge that ended.
  if (holder?.token === token || stale.get(host) === text) return { do: "claim", host, over: text };
  if (holder !== undefined && alive.has(host)) return { do: "refuse", holder };
  return { do: "wait", why: `host number ${host} stands in Redis as ${whose(holder)}` };
}

/** A number that is free is better than one that a dead host had: its clients may still come and ask. */
function anyNumber({ fields, stale, preferred, token }: ClaimView): Claim {
  for (const [host, text] of fields)
    if (readRecord(host, text)?.token === token) return { do: "claim", host, over: text };
  for (const host of from(preferred)) if (!fields.has(host)) return { do: "claim", host, over: null };
  for (const host of from(preferred)) {
    const text = stale.get(host);
    if (text !== undefined && text === fields.get(host)) return { do: "claim", host, over: text };
  }
  return { do: "wait", why: `all ${HOST_NUMBERS} host numbers are taken` };
}

function* from(first: number): Iterable<number> {
  for (let step = 0; step < HOST_NUMBERS; step++) yield (first + step) % HOST_NUMBERS;
}

function whose(holder: HostRecord | undefined): string {
  return holder === undefined
    ? "somebody's"
    : `that of fleet ${holder.fleet} at ${holder.address}:${holder.port}`;
}
