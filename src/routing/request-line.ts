/** Routing: what the request target says about its session. Pure; runs for every Engine.IO request, so it allocates little. */

export type SidParameter =
  /** No sid: a new session. */
  | { readonly kind: "none" }
  | { readonly kind: "one"; readonly sid: string }
  /** More than one sid, or one that cannot be decoded: the engine's own refusal is the right answer. */
  | { readonly kind: "invalid" };

const NONE: SidParameter = { kind: "none" };
const INVALID: SidParameter = { kind: "invalid" };

/** Reads the `sid` parameter of a request target such as `/socket.io/?EIO=4&sid=0001abc`. */
export function readSid(target: string): SidParameter {
  const question = target.indexOf("?");
  if (question < 0) return NONE;
  const end = endOfQuery(target, question);
  let found: string | undefined;
  for (let start = question + 1; start <= end; ) {
    const stop = endOfParameter(target, start, end);
    const value = valueIfSid(target, start, stop);
    if (value !== undefined) {
      if (found !== undefined) return INVALID;
      found = value;
    }
    start = stop + 1;
  }
  if (found === undefined || found === "") return NONE;
  return decode(found);
}

function endOfQuery(target: string, question: number): number {
  const hash = target.indexOf("#", question);
  return hash < 0 ? target.length : hash;
}

function endOfParameter(target: string, start: number, end: number): number {
  const ampersand = target.indexOf("&", start);
  return ampersand < 0 || ampersand > end ? end : ampersand;
}

/** The text behind `sid=` where this parameter is the sid. A name in percent-encoding counts too: the engine decodes it. */
function valueIfSid(target: string, start: number, stop: number): string | undefined {
  const equals = target.indexOf("=", start);
  const nameEnd = equals < 0 || equals > stop ? stop : equals;
  if (nameEnd - start === 3) {
    if (!target.startsWith("sid", start)) return undefined;
  } else {
    const name = target.slice(start, nameEnd);
    if (!name.includes("%") || safeDecode(name) !== "sid") return undefined;
  }
  return nameEnd === stop ? "" : target.slice(nameEnd + 1, stop);
}

function decode(value: string): SidParameter {
  if (!value.includes("%") && !value.includes("+")) return { kind: "one", sid: value };
  const sid = safeDecode(value.replaceAll("+", " "));
  return sid === undefined ? INVALID : { kind: "one", sid };
}

function safeDecode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
