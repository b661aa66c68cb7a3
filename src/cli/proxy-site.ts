/** CLI: from flags and site file to the one site that they describe. Reads the file and whether the certificate is there; writes nothing. */

import { accessSync, constants } from "node:fs";
import { resolve } from "node:path";
import { messageOf, UsageError } from "../base/errors.js";
import { checkFleetName } from "../protocol/runtime-directory.js";
import { type ProxyKind, waysOf } from "../proxy/kinds.js";
import type { CommonParts, Host, Site, StickyWay } from "../proxy/site.js";
import { kubernetesSite } from "./kubernetes-site.js";
import { flagsSayWhere, fleetHosts } from "./proxy-backends.js";
import type { ProxyFlags } from "./proxy-options.js";
import { refuseUnsuitable } from "./proxy-suits.js";
import { oneOf } from "./proxy-values.js";
import { readSiteFile, type SiteFile } from "./site-file.js";
import { hostsOf } from "./site-hosts.js";
import { type WrittenSite, writtenSite } from "./written-site.js";

/** @throws {UsageError} ERR_USAGE, ERR_SITE_FILE or ERR_FLEET_NAME for a value that cannot be used */
export async function siteOf(kind: ProxyKind, flags: ProxyFlags): Promise<Site> {
  const file = flags.site === undefined ? undefined : readSiteFile(flags.site);
  const written = writtenSite(flags, file);
  const common = commonParts(kind, written, file);
  if (kind === "kubernetes") return kubernetesSite(written, flags, common);
  refuseKubernetesFlags(flags);
  const { name, hosts } = await hostsOfAll(flags, written, file);
  const site = { ...common, name: checkFleetName(written.values.name ?? name ?? "holdfast"), hosts };
  refuseUnsuitable(kind, site, written);
  return site;
}

function commonParts(kind: ProxyKind, written: WrittenSite, file: SiteFile | undefined): CommonParts {
  const {
    serverNames = [],
    http2 = false,
    pingInterval,
    pingTimeout,
    sessions,
    nginxVersion,
  } = written.values;
  const tls = tlsOf(written, file);
  if (http2 && tls.tls === undefined) {
    throw written.refusal(
      ["http2"],
      "needs a certificate and its key (--tls-cert and --tls-key): browsers speak HTTP/2 over TLS only",
    );
  }
  const sticky = oneOf(`${written.nameOf("sticky")} for ${kind}`, written.values.sticky, waysOf(kind));
  return {
    serverNames,
    http2,
    sticky,
    ...stickyHeader(sticky, written),
    port: written.values.port ?? (tls.tls === undefined ? 80 : 443),
    pingInterval,
    pingTimeout,
    sessions,
    ...tls,
    ...(nginxVersion === undefined ? {} : { nginxVersion }),
  };
}

async function hostsOfAll(
  flags: ProxyFlags,
  written: WrittenSite,
  file: SiteFile | undefined,
): Promise<{ name?: string; hosts: readonly Host[] }> {
  const { hosts } = written.values;
  if (flagsSayWhere(flags) || hosts === undefined || file === undefined) return fleetHosts(flags);
  for (const flag of ["workers", "hostNumber"] as const) {
    if (flags[flag] === undefined) continue;
    const word = flag === "workers" ? "--workers" : "--host-number";
    throw new UsageError(
      "ERR_USAGE",
      `${word} does not say which of the hosts in ${file.label} it is for: write it there.`,
    );
  }
  return { hosts: hostsOf(written, hosts, file.folder) };
}

function refuseKubernetesFlags(flags: ProxyFlags): void {
  for (const flag of ["hosts", "image", "namespace"] as const)
    if (flags[flag] !== undefined)
      throw new UsageError(
        "ERR_USAGE",
        `--${flag} is for kubernetes only: write a --host for each host, or --site.`,
      );
}

function tlsOf(written: WrittenSite, file: SiteFile | undefined): Pick<Site, "tls"> {
  const { certificate, key } = written.values.tls ?? {};
  if (certificate === undefined && key === undefined) return {};
  if (certificate === undefined || key === undefined) {
    throw written.refusal(
      ["tls", certificate === undefined ? "key" : "certificate"],
      `needs the other one, too: ${written.nameOf("tls", "certificate")} and ${written.nameOf("tls", "key")} belong together`,
    );
  }
  return {
    tls: {
      certificate: readable(written, "certificate", certificate, file),
      key: readable(written, "key", key, file),
    },
  };
}

/** A path of the file is relative to the file. */
function readable(
  written: WrittenSite,
  what: "certificate" | "key",
  text: string,
  file: SiteFile | undefined,
): string {
  const isFlag = written.nameOf("tls", what).startsWith("--");
  const path = resolve(isFlag || file === undefined ? process.cwd() : file.folder, text);
  // What the languages of the proxies give a meaning to, or quote in ways of their own.
  if (!/^[\w./@%+,:~-]+$/.test(path))
    throw written.refusal(
      ["tls", what],
      `has the path ${JSON.stringify(path)}, with characters that a configuration cannot hold`,
    );
  try {
    accessSync(path, constants.R_OK);
  } catch (cause) {
    throw written.refusal(["tls", what], `is the file ${path}, which cannot be read: ${messageOf(cause)}`);
  }
  return path;
}

function stickyHeader(sticky: StickyWay, written: WrittenSite): Pick<Site, "stickyHeader"> {
  const { stickyHeader } = written.values;
  if (sticky !== "header") {
    // A file serves several kinds, and a flag several ways.
    if (stickyHeader === undefined || !written.nameOf("stickyHeader").startsWith("--")) return {};
    throw written.refusal(["stickyHeader"], "is for --sticky header only");
  }
  if (stickyHeader !== undefined && /^[A-Za-z][A-Za-z0-9-]{0,63}$/.test(stickyHeader))
    return { stickyHeader };
  throw written.refusal(
    ["sticky"],
    `header needs ${written.nameOf("stickyHeader")} with the name of a header, such as X-User, but it is ${JSON.stringify(stickyHeader ?? "")}`,
  );
}
