/** Config: whether the app has the packages of an adapter of Socket.IO's own. */

import { createRequire } from "node:module";
import { ADAPTER_NEEDS, type AdapterName } from "./adapters.js";

export type AdapterPackages = {
  readonly require: NodeJS.Require;
  /** The client library: the first of those that would do. */
  readonly client: string | undefined;
  /** Nothing where all is there. */
  readonly missing: readonly string[];
};

/** @param entry absolute path of the app: packages are looked for as it would find them */
export function adapterPackages(name: AdapterName, entry: string): AdapterPackages {
  const require = createRequire(entry);
  const needs = ADAPTER_NEEDS[name];
  const client = needs.clients.find((candidate) => isThere(require, candidate));
  const missing = [
    ...(isThere(require, needs.package) ? [] : [needs.package]),
    ...(client === undefined ? needs.clients.slice(0, 1) : []),
  ];
  return { require, client, missing };
}

function isThere(require: NodeJS.Require, name: string): boolean {
  try {
    require.resolve(name);
    return true;
  } catch {
    return false;
  }
}
