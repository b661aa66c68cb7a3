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

/** No worker runs yet: the next one has the newest code anyway. */
export const WAITS_FOR_SITE: Refusal = {
  code: "ERR_SITE_WAIT",
  message:
    "The fleet waits for Redis and has no worker yet, so there is nothing to reload. Its workers start when Redis answers.",
};
