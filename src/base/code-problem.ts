/** Base: what is wrong with code that cannot be parsed, in one line that names the place where that is known. Pure. */

import { messageOf } from "./errors.js";

/**
 * `Unexpected token '}' (/srv/app/server.cjs:12)` for an error of a parser; the text of any other error as it is. V8 tells the place
 * of CommonJS in the stack, and that of a module only where it prints the error; esbuild tells it in the second line of its message.
 */
export function codeProblem(error: unknown): string {
  if (!(error instanceof Error)) return messageOf(error);
  if (error.name === "TransformError") return transformProblem(error.message);
  const place = error.name === "SyntaxError" ? placeIn(error.stack?.split("\n", 1)[0] ?? "") : undefined;
  return place === undefined ? error.message : `${error.message} (${place})`;
}

/** `/srv/app/server.mjs:12` of a line that is nothing but a place, as Node prints it above the code of a syntax error. */
export function placeIn(line: string): string | undefined {
  const match = /^(?:file:\/\/)?(\/.+:\d+)$/.exec(line.trim());
  return match?.[1];
}

function transformProblem(message: string): string {
  const match = /^(.+?):(\d+):\d+: ERROR: (.+)$/m.exec(message);
  return match === null ? message : `${match[3]} (${match[1]}:${match[2]})`;
}
