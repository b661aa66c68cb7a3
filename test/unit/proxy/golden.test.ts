import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { PROXY_KINDS, proxyConfiguration, waysOf } from "../../../src/proxy/kinds.js";
import type { Site } from "../../../src/proxy/site.js";
import { PLAIN, PODS, SECURE, TWO_HOSTS, WHOLE_HOSTS } from "./sites.js";

/** Run with HOLDFAST_WRITE_GOLDEN=1 to write them anew, and read the difference. A run for others (CI) never writes. */
const WRITE = process.env.HOLDFAST_WRITE_GOLDEN === "1" && !process.env.CI;
const FOLDER = fileURLToPath(new URL("./golden/", import.meta.url));

const SITES: Readonly<Record<string, Site>> = {
  sid: PLAIN,
  "sid-tls": SECURE,
  "sid-hosts": TWO_HOSTS,
  "sid-whole-hosts": WHOLE_HOSTS,
  "ip-hash": { ...PLAIN, sticky: "ip-hash" },
  cookie: { ...PLAIN, sticky: "cookie" },
  header: { ...PLAIN, sticky: "header", stickyHeader: "X-User" },
};

const YAML: readonly string[] = ["traefik", "envoy"];

const CASES: [file: string, kind: (typeof PROXY_KINDS)[number], site: Site][] = [
  ...PROXY_KINDS.filter((kind) => kind !== "kubernetes").flatMap((kind) =>
    Object.entries(SITES)
      .filter(([, { sticky }]) => waysOf(kind).includes(sticky))
      // It reaches no Unix sockets, and the command refuses them.
      .filter(([name]) => kind !== "traefik" || name !== "sid-hosts")
      .map(([name, site]): (typeof CASES)[number] => [
        `${kind}-${name}.${YAML.includes(kind) ? "yml" : "conf"}`,
        kind,
        site,
      ]),
  ),
  ["nginx-sid-tls-1.26.3.conf", "nginx", { ...SECURE, nginxVersion: "1.26.3" }],
  ["kubernetes.yml", "kubernetes", PODS],
  ["nginx-sid-1.29.7.conf", "nginx", { ...PLAIN, nginxVersion: "1.29.7" }],
];

describe("the configuration of", () => {
  it.each(CASES)("%s is, letter by letter, what was reviewed", (file, kind, site) => {
    const text = proxyConfiguration(kind, site);
    if (WRITE) writeFileSync(FOLDER + file, text);
    expect(existsSync(FOLDER + file), `${file} is there`).toBe(true);
    expect(text).toBe(readFileSync(FOLDER + file, "utf8"));
  });

  it("no other file lies among them", () => {
    expect(readdirSync(FOLDER).sort()).toEqual(CASES.map(([file]) => file).sort());
  });
});
