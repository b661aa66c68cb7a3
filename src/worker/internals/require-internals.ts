/** Worker: the check at start that this Node has the private parts that the files beside this one use. */

import { IncomingMessage } from "node:http";
import { Module } from "node:module";
import { HoldfastError } from "../../base/errors.js";

const NEEDED: readonly (readonly [string, object, string])[] = [
  ["http.IncomingMessage#_addHeaderLines", IncomingMessage.prototype, "_addHeaderLines"],
  ["module.Module#load", Module.prototype, "load"],
];

/** @throws {HoldfastError} ERR_NODE_VERSION naming what this Node lacks */
export function requireInternals(): void {
  const missing = NEEDED.filter(([, owner, name]) => typeof Reflect.get(owner, name) !== "function");
  if (missing.length === 0) return;
  const names = missing.map(([name]) => name).join(", ");
  throw new HoldfastError(
    "ERR_NODE_VERSION",
    `Node ${process.version} lacks ${names}, by which Holdfast stands under an app. Use a version of Node that the README names.`,
  );
}
