/** CLI: one question to a running primary, over HTTP on its control socket (docs/control.md). */

import { type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import { codeOf, HoldfastError, messageOf, UsageError } from "../base/errors.js";
import { primarySocket } from "../protocol/runtime-directory.js";
import { checkOwner } from "./control-owner.js";

export type Question = {
  readonly method: "GET" | "POST";
  /** `/status`, `/stop`, `/reload`, `/scale` or `/logs` and a query. */
  readonly path: string;
  readonly body?: object;
  /** The answer comes in lines, as what was asked for goes on. */
  readonly lines?: boolean;
  /** The body is for processes of the caller's own user alone. */
  readonly isPrivate?: boolean;
};

/** A status is answered at once by every primary that is alive; the other questions take as long as they take. Milliseconds. */
const STATUS_TIME = 5000;
/** Nobody there: never started, killed (its socket stays behind), ending just now, or a file that is no fleet's. */
const NOBODY = ["ENOENT", "ECONNREFUSED", "ECONNRESET", "ENOTDIR", "ENOTSOCK"];

/**
 * @param directory the fleet's folder
 * @returns the primary's answer, or undefined where no primary is behind the socket
 * @throws {HoldfastError} the primary's refusal, with its code; ERR_CONTROL for an answer that is none; ERR_CONTROL_OWNER
 */
export async function askPrimary(directory: string, question: Question): Promise<unknown> {
  let answer: { readonly status: number; readonly body: unknown };
  try {
    const response = await exchange(directory, question);
    answer = { status: response.statusCode ?? 0, body: parse(await text(response)) };
  } catch (cause) {
    if (NOBODY.includes(codeOf(cause) ?? "")) return undefined;
    throw controlError(directory, cause);
  }
  if (answer.status < 300 && answer.body !== undefined) return answer.body;
  throw refusalIn(answer.body) ?? controlError(directory, new Error(`it answered ${answer.status}`));
}

/**
 * An answer line by line, each an object.
 * @throws {HoldfastError} as {@link askPrimary}; the system's error where the connection breaks
 */
export async function* followPrimary(directory: string, question: Question): AsyncGenerator<object> {
  try {
    const response = await exchange(directory, { ...question, lines: true });
    for await (const line of linesOf(response)) {
      const value = parse(line);
      const refusal = refusalIn(value);
      if (refusal !== undefined) throw refusal;
      if (typeof value === "object" && value !== null) yield value;
    }
  } catch (error) {
    throw isGone(error) ? error : controlError(directory, error);
  }
}

/** The connection broke, or could not be made: the primary is gone. */
export function isGone(error: unknown): boolean {
  return NOBODY.includes(codeOf(error) ?? "") || messageOf(error) === "aborted";
}

function exchange(directory: string, question: Question): Promise<IncomingMessage> {
  const { method, path, body, lines = false, isPrivate = false } = question;
  checkOwner(directory, { own: process.getuid?.(), isPrivate });
  const written = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const headers = {
      host: "holdfast",
      "content-type": "application/json",
      ...(lines && { accept: "application/x-ndjson" }),
      ...(written !== undefined && { "content-length": Buffer.byteLength(written) }),
    };
    const asked = request({ socketPath: primarySocket(directory), method, path, headers, agent: false });
    asked.on("error", reject).on("response", resolve);
    if (path === "/status") {
      asked.setTimeout(STATUS_TIME, () => asked.destroy(new Error(`no answer within ${STATUS_TIME} ms`)));
    }
    asked.end(written);
  });
}

async function* linesOf(response: IncomingMessage): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of response.setEncoding("utf8")) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest !== "") yield rest;
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function refusalIn(body: unknown): HoldfastError | undefined {
  const refused = (body as { error?: { code?: string; message?: string; usage?: boolean } } | undefined)
    ?.error;
  if (refused?.code === undefined || refused.message === undefined) return undefined;
  const { code, message, usage = false } = refused;
  return usage ? new UsageError(code, message) : new HoldfastError(code, message);
}

function controlError(directory: string, cause: unknown): HoldfastError {
  if (cause instanceof HoldfastError) return cause;
  return new HoldfastError(
    "ERR_CONTROL",
    `The primary behind ${primarySocket(directory)} could not be asked: ${messageOf(cause)}.`,
    { cause },
  );
}
