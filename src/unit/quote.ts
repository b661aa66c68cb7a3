/** Unit: how systemd reads text (systemd.syntax(7), systemd.service(5) "Command lines", systemd.unit(5) "Specifiers"). Pure. */

/** A whole value, such as a path: only `%` has a meaning there. */
export function value(text: string): string {
  return text.replaceAll("%", "%%");
}

/** One word of several. Plain words stay as they are, so that the unit can be read. */
export function word(text: string): string {
  const escaped = value(text);
  if (/^[\w./:@%+,=-]+$/.test(escaped)) return escaped;
  return `"${escaped.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

/** One word of a command line, where `$` begins a variable as well. */
export function argument(text: string): string {
  return word(text).replaceAll("$", "$$$$");
}

export function commandLine(words: readonly string[]): string {
  return words.map(argument).join(" ");
}

/** Milliseconds as systemd writes times: whole seconds, rounded up. */
export function seconds(milliseconds: number): string {
  return `${Math.ceil(milliseconds / 1000)}`;
}
