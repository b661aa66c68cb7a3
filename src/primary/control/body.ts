/** Primary: what a request of the control socket says: its body, or its query. Whatever is not as documented is refused whole. */

import type { IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { z } from "zod";
import { MAX_SLOTS } from "../../config/limits.js";
import type { Refusal } from "../lifecycle/events.js";

/** An order is small. Bytes. */
const MAX_ORDER = 4096;
/** With the environment of whoever asks; the system gives a process no more than about this. Bytes. */
const MAX_ENVIRONMENT = 4 * 2 ** 20;
/** Lines of the log that nobody counts. */
const DEFAULT_LINES = 100;

export class BadRequest extends Error {
  readonly refusal: Refusal;

  constructor(example: string) {
    super("bad request");
    const message = `The body must be JSON such as ${example}, of at most ${MAX_ORDER} bytes beside an "env".`;
    this.refusal = { code: "ERR_CONTROL_BODY", message };
  }
}

const reloadOrder = z.strictObject({
  parallel: z.int().min(1).max(MAX_SLOTS).optional(),
  env: z.record(z.string(), z.string()).optional(),
});

const scaleOrder = z.strictObject({ workers: z.number(), rebalance: z.boolean().optional() });

const logsQuery = z.strictObject({
  slot: z.coerce.number().int().min(0).optional(),
  lines: z.coerce.number().int().min(0).default(DEFAULT_LINES),
  follow: z.enum(["0", "1"]).default("0"),
});

/** @throws {BadRequest} */
export async function readReload(request: IncomingMessage): Promise<z.output<typeof reloadOrder>> {
  return check(reloadOrder, await readJson(request, MAX_ENVIRONMENT), '{"parallel":2}');
}

/** @throws {BadRequest} */
export async function readScale(request: IncomingMessage): Promise<z.output<typeof scaleOrder>> {
  return check(scaleOrder, await readJson(request, MAX_ORDER), '{"workers":4}');
}

/** @throws {BadRequest} */
export function readLogs(url: URL): z.output<typeof logsQuery> {
  return check(
    logsQuery,
    Object.fromEntries(url.searchParams),
    "none, and the query such as ?slot=2&lines=100&follow=1",
  );
}

function check<T extends z.ZodType>(schema: T, value: unknown, example: string): z.output<T> {
  const checked = schema.safeParse(value);
  if (checked.success) return checked.data;
  throw new BadRequest(example);
}

/** No body at all is an empty order. @returns undefined for what cannot be read */
async function readJson(request: IncomingMessage, most: number): Promise<unknown> {
  const { "content-length": length, "transfer-encoding": encoding } = request.headers;
  if (length === undefined && encoding === undefined) return {};
  if (Number(length ?? most + 1) > most) return undefined;
  try {
    const body = await text(request);
    return body === "" ? {} : JSON.parse(body);
  } catch {
    return undefined;
  }
}
