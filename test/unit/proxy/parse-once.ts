/** Test helper: reads YAML; the same text, asked about again and again, once. */

import { parse } from "yaml";

let last: { readonly text: string; readonly value: unknown } | undefined;

export function parseOnce(text: string): unknown {
  if (last?.text !== text) last = { text, value: parse(text) };
  return last.value;
}
