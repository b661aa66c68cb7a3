/** Primary: lines of the log for whoever asks. The fleet waits for no reader: one that does not keep up is told so and left. */

import type { ServerResponse } from "node:http";
import type { LogLine } from "../../protocol/log-line.js";
import type { LogHistory, LogQuery } from "../log-history.js";

/** So much may wait for a reader: all that is remembered, as JSON, and a burst. Bytes. */
const MOST_WAITING = 4 * 2 ** 20;
/** A reader that was left has so long to read what was written before. Milliseconds. */
const LAST_READ = 5000;

const TOO_SLOW = {
  code: "ERR_LOGS_SLOW",
  message:
    "More was printed than was read, so that the lines from here on are missing. Ask again for the last ones.",
};

/** Writes the last lines, and with `follow` each new one until the reader leaves. @returns a function that ends it */
export function streamLogs(
  response: ServerResponse,
  history: LogHistory,
  query: LogQuery & { readonly follow: boolean },
  mostWaiting = MOST_WAITING,
): () => void {
  response.writeHead(200, { "content-type": "application/x-ndjson", connection: "close" });
  // The reader knows at once that it is heard, also where nothing was printed yet.
  response.flushHeaders();
  for (const line of history.last(query)) write(response, line);
  if (!query.follow) {
    response.end();
    return () => {};
  }
  const stop = history.follow((line) => {
    if (query.slot !== undefined && line.slot !== query.slot) return;
    write(response, line);
    if (response.writableLength > mostWaiting) leave();
  });
  const leave = (): void => {
    stop();
    write(response, { error: TOO_SLOW });
    response.end();
    setTimeout(() => response.destroy(), LAST_READ).unref();
  };
  response.on("close", stop);
  return () => {
    stop();
    response.end();
  };
}

function write(response: ServerResponse, line: LogLine | { readonly error: object }): void {
  response.write(`${JSON.stringify(line)}\n`);
}
