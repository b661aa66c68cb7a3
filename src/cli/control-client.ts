/** CLI: one question to a running primary, over HTTP on its control socket. */

import { request } from "node:http";
import { text } from "node:stream/consumers";
import { codeOf, HoldfastError } from "../base/errors.js";
import { primarySocket } from "../protocol/runtime-directory.js";

export type Question = {
  readonly method: "GET" | "POST";
  readonly path: "/status" | "/stop" | "/reload" | "/scale";
  readonly body?: object;
};

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
    // A primary that is killed leaves its socket behind; one that ends while it answers resets the connection.
    if (["ENOENT", "ECONNREFUSED", "ECONNRESET"].includes(codeOf(cause) ?? "")) return undefined;
    throw controlError(directory, String(cause), cause);
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
