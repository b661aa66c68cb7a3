/** CLI: `holdfast proxy <kind>`: prints, checks or writes the configuration of a proxy in front of the fleet. */

import { resolve } from "node:path";
import { PROXY_KINDS, proxyConfiguration } from "../proxy/kinds.js";
import { print } from "./print.js";
import { checkConfiguration } from "./proxy-check.js";
import type { ProxyFlags } from "./proxy-options.js";
import { siteOf } from "./proxy-site.js";
import { oneOf } from "./proxy-values.js";
import { EXIT } from "./report-error.js";
import { writeWhole } from "./write-whole.js";

/**
 * Prints the text, or writes it with `--out`: the whole file or nothing, and with `--check` only what the proxy accepts.
 * @throws {UsageError} for flags that cannot be used
 * @throws {HoldfastError} ERR_PROXY_CHECK, ERR_PROXY_FILE
 */
export async function proxy(written: string, flags: ProxyFlags): Promise<number> {
  const kind = oneOf("The kind of proxy", written, PROXY_KINDS);
  const text = proxyConfiguration(kind, await siteOf(kind, flags));
  if (flags.check) checkConfiguration(kind, text);
  if (flags.out === undefined) {
    await print(text);
    return EXIT.fine;
  }
  const path = resolve(flags.out);
  writeWhole([{ path, text }], "ERR_PROXY_FILE");
  await print(`Wrote ${path}${flags.check ? `, which ${kind} accepts` : ""}.\n`);
  return EXIT.fine;
}
