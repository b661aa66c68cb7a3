/** Proxy: helps to write configuration text. Pure. */

/** Lines, each deeper by so many spaces; empty ones stay empty. */
export function indent(lines: readonly string[], spaces: number): string[] {
  return lines.map((line) => (line === "" ? "" : " ".repeat(spaces) + line));
}

/** `head {`, the lines two or four deeper, `}`. */
export function block(head: string, lines: readonly string[], spaces = 4): string[] {
  return [`${head} {`, ...indent(lines, spaces), "}"];
}

/** The whole file. */
export function fileOf(lines: readonly string[]): string {
  return `${lines.join("\n")}\n`;
}
