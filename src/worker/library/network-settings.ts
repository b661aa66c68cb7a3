/** Worker: what the library form is told in code or, where that says nothing, by the variables that `holdfast start` reads too. Without zod: apps load this. */

import { UsageError } from "../../base/errors.js";
import { POLICY_NAMES, type PolicyName } from "../../config/policy-names.js";
import {
  PROXY_PROTOCOL_NEEDS_TRUST,
  parseTrustProxy,
  TRUST_HEADERS,
  type TrustHeader,
  type TrustProxy,
  trustsNobody,
} from "../../config/trust-proxy.js";
import { KINDS } from "../../config/value-kinds.js";

export type LibraryNetworkOptions = {
  /** Chooses the slot of a new session. Default: `HOLDFAST_POLICY`, else `least-sessions`. */
  readonly policy?: PolicyName;
  /**
   * Proxies that are believed in what they say of the client: addresses, networks, `loopback`, `linklocal`, `uniquelocal`, `unix`; or how
   * many hops; or `true`, every one. Default: `HOLDFAST_TRUST_PROXY`, else none.
   */
  readonly trustProxy?: boolean | number | string | readonly string[];
  /** The header that those proxies write. Default: `HOLDFAST_TRUST_HEADER`, else `auto`: `X-Forwarded-For`, or `Forwarded` where a request has none. */
  readonly trustHeader?: TrustHeader;
  /** Connections from trusted proxies begin with a header of the PROXY protocol. Default: `HOLDFAST_PROXY_PROTOCOL`, else false. */
  readonly proxyProtocol?: boolean;
};

export type LibraryNetwork = {
  readonly policy: PolicyName;
  readonly trustProxy: TrustProxy;
  readonly trustHeader: TrustHeader;
  readonly proxyProtocol: boolean;
};

type Kind = "policy" | "trust-list" | "trust-header" | "boolean";
type Given = { readonly value: unknown; readonly where: string };

/** @throws {UsageError} ERR_SETTING for a value that cannot be used, ERR_USAGE for the PROXY protocol without a trusted proxy */
export function libraryNetwork(options: LibraryNetworkOptions, env: NodeJS.ProcessEnv): LibraryNetwork {
  const read = <T>(
    key: keyof LibraryNetworkOptions,
    kind: Kind,
    fallback: T,
    check: (value: unknown) => T | undefined,
  ): T => {
    const given = givenFor(key, kind, options, env);
    if (given === undefined) return fallback;
    const value = check(given.value);
    if (value === undefined) throw refusal(given, kind);
    return value;
  };
  const network = {
    policy: read<PolicyName>("policy", "policy", "least-sessions", oneOf(POLICY_NAMES)),
    trustProxy: read<TrustProxy>("trustProxy", "trust-list", [], parseTrustProxy),
    trustHeader: read<TrustHeader>("trustHeader", "trust-header", "auto", oneOf(TRUST_HEADERS)),
    proxyProtocol: read("proxyProtocol", "boolean", false, (value) =>
      typeof value === "boolean" ? value : undefined,
    ),
  };
  if (network.proxyProtocol && trustsNobody(network.trustProxy)) {
    const where = givenFor("proxyProtocol", "boolean", options, env)?.where;
    throw new UsageError("ERR_USAGE", `${where} ${PROXY_PROTOCOL_NEEDS_TRUST}`);
  }
  return network;
}

function givenFor(
  key: keyof LibraryNetworkOptions,
  kind: Kind,
  options: LibraryNetworkOptions,
  env: NodeJS.ProcessEnv,
): Given | undefined {
  if (options[key] !== undefined) return { value: options[key], where: `holdfast(io, { ${key} })` };
  const variable = `HOLDFAST_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
  const text = env[variable];
  return text ? { value: KINDS[kind].fromText(text), where: variable } : undefined;
}

const oneOf =
  <T extends string>(words: readonly T[]) =>
  (value: unknown): T | undefined =>
    words.find((word) => word === value);

function refusal({ value, where }: Given, kind: Kind): UsageError {
  const { expects, example } = KINDS[kind];
  return new UsageError(
    "ERR_SETTING",
    `${where} must be ${expects}, but is ${JSON.stringify(value) ?? String(value)}. Write, for example, ${JSON.stringify(example)}`,
  );
}
