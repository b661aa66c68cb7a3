/** CLI: how far something is, in place on a terminal, a line for each step elsewhere, as JSON for programs. */

import type { ChangeProgress } from "../protocol/status.js";
import { progressText, stepLines } from "./change-words.js";

export type ProgressDisplay = {
  show(progress: ChangeProgress): void;
  /** Nothing of it stays on a terminal. */
  clear(): void;
};

/** The part of a stream that is needed. */
export type Screen = {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
};

/** Back to the first column, and nothing behind it (ECMA-48). */
const CLEAR_LINE = "\r\u001b[K";

/** @param screen for people @param output for programs */
export function progressDisplay(
  isJson: boolean,
  { screen = process.stderr, output = process.stdout }: { screen?: Screen; output?: Screen } = {},
): ProgressDisplay {
  if (isJson) {
    return { show: (progress) => void output.write(`${JSON.stringify({ progress })}\n`), clear: () => {} };
  }
  return screen.isTTY ? inPlace(screen) : byLines(screen);
}

function inPlace(screen: Screen): ProgressDisplay {
  return {
    show: (progress) => {
      // A longer line would go on in the next row, which is not cleared.
      const text = progressText(progress).slice(0, Math.max(1, (screen.columns || 80) - 1));
      screen.write(`${CLEAR_LINE}${text}`);
    },
    clear: () => void screen.write(CLEAR_LINE),
  };
}

function byLines(screen: Screen): ProgressDisplay {
  let before: ChangeProgress | undefined;
  return {
    show: (progress) => {
      for (const line of stepLines(before, progress)) screen.write(`${line}\n`);
      before = progress;
    },
    clear: () => {},
  };
}
