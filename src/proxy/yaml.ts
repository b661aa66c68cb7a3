/** Proxy: configurations that are YAML: values go through a library that knows when text needs quotes. Pure. */

import { stringify } from "yaml";
import { indent } from "./text.js";

/** Text such as `no` and `1e10` is quoted, as readers of YAML 1.1 want it; nothing is folded, and nothing said once by reference. */
const STYLE = { compat: "yaml-1.1", lineWidth: 0, aliasDuplicateObjects: false } as const;

/** Lines of a value. */
export function yamlLines(value: unknown): string[] {
  return stringify(value, STYLE).trimEnd().split("\n");
}

/** `key:` with what belongs to it two spaces deeper. */
export function under(key: string, lines: readonly string[]): string[] {
  return [`${key}:`, ...indent(lines, 2)];
}

/** Comments, and a value below them. */
export function explained(comments: readonly string[], value: unknown): string[] {
  return [...comments.map((line) => `# ${line}`), ...yamlLines(value)];
}
