/** Benchmark: what every command does around its work: a signal stops what was started, a wrong option is one sentence. */

import { OptionError } from "./options.js";
import { stopLiving } from "./servers/child.js";

/**
 * Runs a command to its end and sets the exit code: what `main` returns, 1 when it throws, 2 for an option that cannot be used.
 * @param help the command line that prints all options
 */
export async function runCommand(
  main: (args: readonly string[]) => Promise<number>,
  help: string,
): Promise<void> {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => stopLiving().finally(() => process.exit(1)));
  }
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    const wrongOption = error instanceof OptionError;
    const { message } = error as Error;
    process.stderr.write(wrongOption ? `${message}\nAll options: ${help}\n` : `${message}\n`);
    process.exitCode = wrongOption ? 2 : 1;
  }
}

/** One line for whoever waits; results go to stdout. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
