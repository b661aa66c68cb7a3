/** CLI: one question to a running primary, over HTTP on its control socket. */

import { request } from "node:http";
import { text } from "node:stream/consumers";
import { codeOf, HoldfastError, messageOf } from "../base/errors.js";
import { primarySocket } from "../protocol/runtime-directory.js";

export type Question = {
  readonly method: "GET" | "POST";
  readonly path: "/status" | "/stop" | "/reload" | "/scale";
  readonly body?: object;
};

/** A status is answered at once by every primary that is alive; the other questions take as long as they take. Milliseconds. */
const STATUS_TIME = 5000;
/** Nobody there: never started, killed (its socket stays behind), ending just now, or a file that is no fleet's. */
const NOBODY = ["ENOENT", "ECONNREFUSED", "ECONNRESET", "ENOTDIR", "ENOTSOCK"];

type Answer = { readonly status: number; readonly text: string };

/**
 * @param directory the fleet's folder
 * @returns the primary's answer, or undefined where no primary is behind the socket
 * @throws {HoldfastError} the primary's refusal, with its code; ERR_CONTROL for an answer that is none
 */
export async function askPrimary(directory: string, question: Question): Promise<unknown> {
  let answer: Answer;
  try {
    answer = await exchange(directory, question);
  } catch (cause) {
    if (NOBODY.includes(codeOf(cause) ?? "")) return undefined;
    throw controlError(directory, messageOf(cause), cause);
  }
  const body = parse(answer.text);
  if (answer.status < 300 && body !== undefined) return body;
  const refused = (body as { error?: { code?: string; message?: string } } | undefined)?.error;
  if (refused?.code === undefined || refused.message === undefined) {
    throw controlError(directory, `it answered ${answer.status}`);
  }
  throw new HoldfastError(refused.code, refused.message);
}

function exchange(directory: string, { method, path, body }: Question): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", host: "holdfast" };
    const asked = request({ socketPath: primarySocket(directory), method, path, headers, agent: false });
    asked.on("error", reject).on("response", (response) => {
      text(response).then((read) => resolve({ status: response.statusCode ?? 0, text: read }), reject);
    });
    if (method === "GET") {
      asked.setTimeout(STATUS_TIME, () => asked.destroy(new Error(`no answer within ${STATUS_TIME} ms`)));
    }
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function controlError(directory: string, why: string, cause?: unknown): HoldfastError {
  return new HoldfastError(
    "ERR_CONTROL",
    `The primary behind ${primarySocket(directory)} could not be asked: ${why}.`,
    { cause },
  );
}
