/** Primary, pure: words that several parts of the life cycle say. */

import type { Refusal } from "./events.js";

/** Why nothing is begun any more. */
export const STOPPING: Refusal = {
  code: "ERR_STOPPING",
  message: "The fleet is stopping. Wait for its end, then start it again.",
};

/** An error's message may hold a whole code frame; a line of the log is a line. */
export function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}
