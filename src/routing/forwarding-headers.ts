/**
 * Routing: the hops that `X-Forwarded-For` and `Forwarded` name, the last one first. Each proxy adds to the end, so a walk from there meets what
 * trusted ones wrote before it meets what a client may have made up. Pure.
 */

import { type Hop, parseHop } from "./hop.js";

/** @returns what each entry names; undefined for one that names no address: nobody can tell what stands behind it */
export function* hopsOfForwardedFor(header: string): Generator<Hop | undefined> {
  for (let end = header.length; end >= 0; ) {
    const comma = end === 0 ? -1 : header.lastIndexOf(",", end - 1);
    const entry = header.slice(comma + 1, end).trim();
    // Empty ones are nothing (RFC 9110, 5.6.1).
    if (entry !== "") yield parseHop(entry);
    end = comma;
  }
}

/**
 * The same for `Forwarded` (RFC 7239). What does not follow its grammar ends the walk with undefined.
 *
 * An element may have commas in quotes, and whatever a client wrote in front, such as a quote that it left open, must not change how the
 * elements of proxies are read. So elements are taken from the end: the shortest text behind a comma that is a whole element. No
 * comma within quotes can begin one: behind it stands an odd number of quotes.
 */
export function* hopsOfForwarded(header: string): Generator<Hop | undefined> {
  for (let end = header.length; end > 0; ) {
    const found = lastElement(header, end);
    if (found === undefined) {
      yield undefined;
      return;
    }
    end = found.start - 1;
    if (found.text !== "") yield hopOfElement(found.text);
  }
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const PAIR = new RegExp(`(${TOKEN})=(?:(${TOKEN})|"((?:[^"\\\\]|\\\\.)*)")[ \\t]*(?:;[ \\t;]*|$)`, "y");

function lastElement(header: string, end: number): { start: number; text: string } | undefined {
  for (let before = end; before > 0; ) {
    const start = header.lastIndexOf(",", before - 1) + 1;
    const text = header.slice(start, end).trim();
    if (text === "" || pairsOf(text) !== undefined) return { start, text };
    before = start - 1;
  }
  return undefined;
}

/** @returns names in lower case and values in turn; undefined where it is no element */
function pairsOf(element: string): Map<string, string> | undefined {
  const pairs = new Map<string, string>();
  PAIR.lastIndex = 0;
  while (PAIR.lastIndex < element.length) {
    const [, name, token, quoted] = PAIR.exec(element) ?? [];
    // No parameter comes twice (RFC 7239, 4).
    if (name === undefined || pairs.has(name.toLowerCase())) return undefined;
    pairs.set(name.toLowerCase(), token ?? (quoted as string).replace(/\\(.)/g, "$1"));
  }
  return pairs;
}

function hopOfElement(element: string): Hop | undefined {
  const node = pairsOf(element)?.get("for");
  // IPv6 stands in brackets here.
  return node === undefined || (node.match(/:/g)?.length ?? 0) > 1 !== node.startsWith("[")
    ? undefined
    : parseHop(node);
}
