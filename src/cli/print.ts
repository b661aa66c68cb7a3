/** CLI: the answer of a command goes out whole: a pipe takes 64 KiB at once, and the process ends when the command does. */

/** Prints, and waits until whoever reads has taken all of it. */
export async function print(text: string): Promise<void> {
  const { stdout } = process;
  stdout.write(text);
  // An empty chunk goes behind all that waits.
  if (stdout.writableLength > 0) await new Promise((resolve) => stdout.write("", resolve));
}
