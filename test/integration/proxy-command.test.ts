/** Promise: `holdfast proxy` writes only what the real proxy accepts, and says in its words why it does not. */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkConfiguration } from "../../src/cli/proxy-check.js";
import { waysOf } from "../../src/proxy/kinds.js";
import { makeCertificate } from "../helpers/certificate.js";
import { startFleet } from "../helpers/fleet.js";
import { freePorts } from "../helpers/free-ports.js";
import { type Ended, holdfast } from "../helpers/holdfast-command.js";
import { REAL_PROXIES } from "../helpers/real-proxy.js";
import { temporaryDirectory } from "../helpers/temporary.js";

/** A directive of each. */
const WORDS = {
  nginx: "least_conn",
  haproxy: "retries",
  caddy: "flush_interval",
  apache: "ProxyTimeout",
} as const;

const FOUR = ["--listen", "ports:4000", "--workers", "4"];

let folder: { path: string; remove(): void };
let out: string;
let port: string;
beforeEach(async () => {
  folder = temporaryDirectory();
  out = join(folder.path, "proxy.conf");
  port = String((await freePorts(1))[0]);
});
afterEach(() => folder.remove());

/** On a private port: nginx takes it for a moment when it checks. */
function proxy(args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  return holdfast(["proxy", ...args, "--port", port], { runtime: folder.path, cwd: folder.path, env });
}

describe.each(REAL_PROXIES)("%s accepts what is written for", (kind) => {
  it.each(waysOf(kind))("--sticky %s: ports, sockets, TLS, and the largest fleet", async (sticky) => {
    const { cert } = pemOfBoth();
    const way = ["--sticky", sticky, ...(sticky === "header" ? ["--sticky-header", "X-User"] : [])];
    const sites = [
      FOUR,
      ["--listen", "pipes:/run/chat", "--workers", "1296"],
      [
        ...FOUR,
        "--tls-cert",
        cert,
        "--tls-key",
        cert,
        "--http2",
        "--server-name",
        "a.example",
        "--server-name",
        "*.b.example",
      ],
      ["--backend", "127.0.0.1:4000"],
      // The cookie of the workers, by which nginx goes, names no host.
      ...(kind === "nginx" && sticky === "cookie" ? [] : [["--site", wholeHosts(kind)]]),
    ];
    for (const site of sites) {
      const { code, stdout, stderr } = await proxy([kind, ...site, ...way, "--check", "--out", out]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(stdout).toBe(`Wrote ${out}, which ${kind} accepts.\n`);
    }
  });

  it("no text with a word that it does not know, and says which", async () => {
    const { stdout } = await proxy([kind, ...FOUR]);
    const wrong = stdout.replace(WORDS[kind], "nonsense");
    expect(wrong).not.toBe(stdout);
    const message = expect.stringContaining("nonsense");
    const refused = expect.objectContaining({ code: "ERR_PROXY_CHECK", message });
    expect(() => checkConfiguration(kind, wrong)).toThrow(refused);
  });

  // Apache opens the certificate when it starts, not when it checks.
  if (kind !== "apache")
    it("nothing, where the certificate is none: its own words, exit 1, and the older file stays", async () => {
      const none = join(folder.path, "none.pem");
      writeFileSync(none, "no certificate");
      writeFileSync(out, "older");
      const { code, stdout, stderr } = await proxy([
        kind,
        ...FOUR,
        "--tls-cert",
        none,
        "--tls-key",
        none,
        "--check",
        "--out",
        out,
      ]);
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
      expect(stderr).toMatch(
        new RegExp(`^holdfast: ${kind} refuses the configuration: .*(?:none\\.pem|PEM)`, "s"),
      );
      expect(stderr).toContain("ERR_PROXY_CHECK");
      expect(readFileSync(out, "utf8")).toBe("older");
    });

  it("nothing, where it is not installed", async () => {
    const { code, stderr } = await proxy([kind, ...FOUR, "--check", "--out", out], { PATH: "/none" });
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(`: ${kind}2? cannot be run here`));
    expect(existsSync(out)).toBe(false);
  });
});

it("wrong flags are one sentence and exit 2, and nothing is written", async () => {
  for (const wrong of [
    ["squid", ...FOUR],
    ["nginx", "--listen", "ports:65535", "--workers", "2"],
    ["nginx", ...FOUR, "--sticky", "x"],
  ]) {
    const { code, stdout, stderr } = await proxy([...wrong, "--out", out]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^holdfast: [^\n]+ \(ERR_USAGE: [^\n]+\)\n$/);
    expect(existsSync(out)).toBe(false);
  }
});

it("a running fleet tells how many workers it has", async () => {
  const fleet = await startFleet("apps/echo.mjs", { workers: 3 });
  try {
    const asked = { runtime: fleet.environment.HOLDFAST_RUNTIME_DIR ?? "" };
    const { code, stdout } = await holdfast(["proxy", "nginx", "--listen", "ports:4000"], asked);
    expect(code).toBe(0);
    expect(stdout).toContain(`"${fleet.name}": 3 workers on 1 host.`);
    expect(stdout.match(/^ +upstream holdfast_000\d/gm)).toHaveLength(3);
  } finally {
    await fleet.stop();
  }
});

it.each([
  ["envoy", "envoy", FOUR],
  ["kubernetes", "kubectl", ["--image", "chat:1"]],
])("%s is checked by %s, or not at all", async (kind, program, args) => {
  const { code, stderr } = await proxy([kind, ...args, "--check", "--out", out], { PATH: "/none" });
  expect(code).toBe(1);
  expect(stderr).toContain(`: ${program} cannot be run here`);
  expect(existsSync(out)).toBe(false);
});

it("a site file that says something wrong is one sentence with its place and exit 2, and nothing is written", async () => {
  writeFileSync(join(folder.path, "site.yml"), "hosts:\n  - number: 0\n    address: a\n    prot: 80\n");
  const { code, stdout, stderr } = await proxy(["nginx", "--site", "site.yml", "--out", out]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(
    /^holdfast: site\.yml: hosts\[0\]: there is no key "prot" here\. Did you mean "port"\? \(ERR_SITE_FILE: [^\n]+\)\n$/,
  );
  expect(existsSync(out)).toBe(false);
});

/** A configuration is longer than what a pipe takes at once. */
it("the whole text goes through a pipe", async () => {
  const { code, stdout } = await proxy(["nginx", "--listen", "ports:4000", "--workers", "1296"]);
  expect(code).toBe(0);
  expect(stdout.length).toBeGreaterThan(65_536);
  expect(stdout).toMatch(/^}\n$/m);
  expect(stdout.match(/\{/g)?.length).toBe(stdout.match(/\}/g)?.length);
});

/** Two hosts, one with twice the processors; Caddy has no weights. */
function wholeHosts(kind: string): string {
  const weight = kind === "caddy" ? {} : { weight: 2 };
  const hosts = [0, 887].map((number) => ({
    number,
    address: `127.0.0.${1 + (number % 2)}`,
    port: 3000,
    ...weight,
  }));
  const path = join(folder.path, "hosts.json");
  writeFileSync(path, JSON.stringify({ hosts }));
  return path;
}

/** Certificate and key in one file, as HAProxy wants them; the others take it, too. */
function pemOfBoth(): { cert: string } {
  const { key, cert } = makeCertificate(folder.path);
  const both = join(folder.path, "both.pem");
  writeFileSync(both, readFileSync(cert, "utf8") + readFileSync(key, "utf8"));
  return { cert: both };
}
