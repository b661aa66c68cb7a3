/** CLI: from the flags of `holdfast proxy` to the site that they describe. Reads whether the certificate is there; writes nothing. */

import { accessSync, constants } from "node:fs";
import { resolve } from "node:path";
import { messageOf, UsageError } from "../base/errors.js";
import { findsKey } from "../proxy/haproxy.js";
import { type ProxyKind, waysOf } from "../proxy/kinds.js";
import { parseNginxVersion } from "../proxy/nginx-version.js";
import type { Site, StickyWay, Tls } from "../proxy/site.js";
import { fleetBackends } from "./proxy-backends.js";
import { oneOf, wholeNumber } from "./proxy-values.js";

/** As commander hands them over. */
export type ProxyFlags = {
  readonly name?: string;
  readonly workers?: string;
  readonly listen?: string;
  readonly backend?: readonly string[];
  readonly serverName?: readonly string[];
  readonly port?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly http2?: boolean;
  readonly sticky?: string;
  readonly stickyHeader?: string;
  readonly pingInterval?: string;
  readonly pingTimeout?: string;
  readonly sessions?: string;
  readonly nginxVersion?: string;
  readonly out?: string;
  readonly check?: boolean;
};

/** A day: longer times are slips. Milliseconds. */
const LONGEST = 24 * 3_600_000;
const MOST_SESSIONS = 1_000_000;

/** @throws {UsageError} ERR_USAGE for a value that cannot be used */
export async function siteOf(kind: ProxyKind, flags: ProxyFlags): Promise<Site> {
  const tls = tlsOf(kind, flags);
  if (flags.http2 && tls === undefined) {
    throw refusal("--http2 needs --tls-cert and --tls-key: browsers speak HTTP/2 over TLS only");
  }
  const serverNames = (flags.serverName ?? []).map(serverName);
  const sticky: StickyWay = oneOf(`--sticky for ${kind}`, flags.sticky ?? "sid", waysOf(kind));
  const numbers = {
    port: wholeNumber("--port", flags.port ?? (tls === undefined ? "80" : "443"), 1, 65_535),
    pingInterval: wholeNumber("--ping-interval", flags.pingInterval ?? "25000", 1, LONGEST),
    pingTimeout: wholeNumber("--ping-timeout", flags.pingTimeout ?? "20000", 1, LONGEST),
    sessions: wholeNumber("--sessions", flags.sessions ?? "10000", 1, MOST_SESSIONS),
  };
  const nginxVersion = versionOf(flags.nginxVersion);
  const { name, backends } = await fleetBackends(flags);
  return {
    name,
    serverNames,
    http2: flags.http2 === true,
    sticky,
    ...stickyHeader(sticky, flags.stickyHeader),
    ...numbers,
    hosts: [{ number: 0, backends }],
    ...(tls === undefined ? {} : { tls }),
    ...(nginxVersion === undefined ? {} : { nginxVersion }),
  };
}

function tlsOf(kind: ProxyKind, { tlsCert, tlsKey }: ProxyFlags): Tls | undefined {
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined) {
    throw refusal("--tls-cert and --tls-key belong together: write both");
  }
  const tls = { certificate: readable("--tls-cert", tlsCert), key: readable("--tls-key", tlsKey) };
  if (kind === "haproxy" && !findsKey(tls)) {
    throw refusal(
      `HAProxy finds the key of ${tls.certificate} only in the same file or beside it as ${tls.certificate}.key: put both into one file and give it to both flags`,
    );
  }
  return tls;
}

function readable(flag: string, written: string): string {
  const path = resolve(written);
  // What the languages of the proxies give a meaning to, or quote in ways of their own.
  if (!/^[\w./@%+,:~-]+$/.test(path))
    throw refusal(`The path ${path} of ${flag} has characters that a configuration cannot hold`);
  try {
    accessSync(path, constants.R_OK);
  } catch (cause) {
    throw new UsageError("ERR_USAGE", `The file ${path} of ${flag} cannot be read: ${messageOf(cause)}.`, {
      cause,
    });
  }
  return path;
}

function serverName(written: string): string {
  if (/^(?:\*\.)?[\w-]+(?:\.[\w-]+)*$/.test(written)) return written;
  throw refusal(`--server-name must be a name such as chat.example.com, but is "${written}"`);
}

function stickyHeader(sticky: StickyWay, written: string | undefined): { stickyHeader?: string } {
  if (sticky !== "header") {
    if (written === undefined) return {};
    throw refusal("--sticky-header is for --sticky header only");
  }
  if (written !== undefined && /^[A-Za-z][A-Za-z0-9-]{0,63}$/.test(written)) return { stickyHeader: written };
  throw refusal(
    `--sticky header needs --sticky-header with the name of a header, such as X-User, but it is "${written ?? ""}"`,
  );
}

function versionOf(written: string | undefined): string | undefined {
  if (written === undefined || parseNginxVersion(written) !== undefined) return written;
  throw refusal(`--nginx-version must be a version from 1.15.3 on, such as 1.26.3, but is "${written}"`);
}

function refusal(sentence: string): UsageError {
  return new UsageError("ERR_USAGE", `${sentence}.`);
}
