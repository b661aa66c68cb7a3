/** CLI: how an error ends the command: which sentence, and which exit code (docs/errors.md lists both). */

import { HoldfastError, UsageError } from "../base/errors.js";

export const EXIT = { fine: 0, failed: 1, usage: 2, boot: 3, load: 4 } as const;

/** 2 for what the user wrote, 4 for an app that cannot be loaded, 1 for the rest. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return EXIT.usage;
  return error instanceof HoldfastError && error.code === "ERR_APP_LOAD" ? EXIT.load : EXIT.failed;
}

export type ReportOptions = {
  /** One object on a line, for programs that read the log. */
  readonly json?: boolean;
  readonly write?: (text: string) => void;
};

/** Writes what happened to stderr: a sentence and its code, or the stack of what should not have happened. */
export function report(error: unknown, { json = false, write = toStderr }: ReportOptions = {}): void {
  if (json) {
    const { message, code } =
      error instanceof HoldfastError ? error : { message: stackOf(error), code: null };
    write(`${JSON.stringify({ level: "error", event: "failed", code, message })}\n`);
  } else if (error instanceof HoldfastError) {
    write(`holdfast: ${error.message} (${error.code}: docs/errors.md#${error.code.toLowerCase()})\n`);
  } else {
    write(`holdfast: This should not have happened; please report it with these lines.\n${stackOf(error)}\n`);
  }
}

/** What a command with `--json` answers in place of what was asked for: one line on stdout, so that programs read one stream. */
export function reportAsAnswer(error: unknown, write: (text: string) => void = toStdout): void {
  const code = error instanceof HoldfastError ? error.code : null;
  const message = error instanceof HoldfastError ? error.message : stackOf(error);
  write(`${JSON.stringify({ schemaVersion: 1, error: { code, message } })}\n`);
}

function toStdout(text: string): void {
  process.stdout.write(text);
}

function toStderr(text: string): void {
  process.stderr.write(text);
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
