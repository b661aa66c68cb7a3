/** Bridge, pure: what errors of Redis mean: it is away, or it does not want us; in one sentence each. */

import { codeOf, messageOf, UsageError } from "../../base/errors.js";
import { shownUrl } from "./address.js";
import type { RedisVersion } from "./version.js";

const LOGIN = /^(?:WRONGPASS|NOAUTH|ERR invalid password|ERR Client sent AUTH)/;
const FORBIDDEN = /^NOPERM/;
const CERTIFICATE = /^(?:DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|CERT_|ERR_TLS_|ERR_SSL_|ERR_OSSL)/;

/** What no waiting heals: the fleet must not start like this. @returns undefined: Redis is away, and may come back */
export function refusalOf(url: string, error: unknown): UsageError | undefined {
  const cause = rootOf(error);
  const message = messageOf(cause);
  if (LOGIN.test(message))
    return refused(
      "ERR_REDIS_LOGIN",
      `${at(url)} refuses the login (${message}). Write user and password into the URL, as in redis://user:password@host:6379.`,
    );
  if (FORBIDDEN.test(message))
    return refused(
      "ERR_REDIS_LOGIN",
      `${at(url)} does not allow what a site needs (${message}). docs/several-hosts.md lists the commands, keys and channels.`,
    );
  if (CERTIFICATE.test(codeOf(cause) ?? ""))
    return refused(
      "ERR_REDIS_TLS",
      `${at(url)} cannot be trusted (${message}). Name the authority of its certificate with --redis-ca, and check the name in the URL.`,
    );
  return undefined;
}

export function tooOld(url: string, version: RedisVersion): UsageError {
  return refused(
    "ERR_REDIS_VERSION",
    `${at(url)} has version ${version.text}; a site needs 6.2 or later. Update Redis, or use another one.`,
  );
}

/** Why Redis is away, as part of a sentence. */
export function whyAway(error: unknown): string {
  const cause = rootOf(error);
  const message = messageOf(cause);
  // Node joins the errors of several addresses without a message of their own.
  if (message === "" && cause instanceof AggregateError) return messageOf(cause.errors[0]);
  return message === "" ? (codeOf(cause) ?? "no reason was given") : message;
}

/** A cluster wraps what its last server said. */
function rootOf(error: unknown): unknown {
  const { lastNodeError } = (error ?? {}) as { lastNodeError?: unknown };
  return lastNodeError instanceof Error ? lastNodeError : error;
}

function at(url: string): string {
  return `Redis at ${shownUrl(url)}`;
}

function refused(code: string, sentence: string): UsageError {
  return new UsageError(code, sentence);
}
