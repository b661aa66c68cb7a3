import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { runProgram } from "../../../src/cli/program.js";

const FOUR = ["--listen", "ports:4000", "--workers", "4"];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-proxy-"));
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** @returns what was printed */
async function print(...argv: string[]): Promise<string> {
  const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  expect(await runProgram(["proxy", ...argv])).toBe(0);
  return write.mock.calls.join("");
}

it.each([
  [["squid", ...FOUR], 'The kind of proxy must be nginx, haproxy, caddy, apache, but is "squid".'],
  [["ngnix", ...FOUR], /is "ngnix"\. Did you mean nginx\?$/],
  [
    ["nginx", ...FOUR, "--sticky", "luck"],
    '--sticky for nginx must be sid, ip-hash, cookie, header, but is "luck".',
  ],
  [["nginx"], /^Say where the workers listen: --listen ports:4000/],
  [["nginx", "--listen", "4000", "--workers", "2"], /^--listen must be ports:4000 .* but is "4000"\.$/],
  [
    ["nginx", "--listen", "ports:x", "--workers", "2"],
    /^The first port of --listen ports: must be .* is "x"\.$/,
  ],
  [
    ["nginx", "--listen", "ports:65000", "--workers", "1000"],
    "Slot 536 would listen on port 65536, and ports end at 65535: begin lower than 65000.",
  ],
  [
    ["nginx", "--listen", "ports:4000", "--workers", "70000"],
    /^--workers must be .* from 1 to 1296, but is "70000"/,
  ],
  [["nginx", "--listen", "ports:4000", "--workers", "0"], /^--workers must be/],
  [["nginx", "--listen", "pipes:/tmp/a b", "--workers", "1"], /^The socket \/tmp\/a b\/0\.sock must be/],
  [["nginx", "--listen", `pipes:/${"x".repeat(120)}`, "--workers", "1"], /longer than 103 bytes/],
  [["nginx", "--backend", "127.0.0.1"], /^--backend must be HOST:PORT/],
  [["nginx", "--backend", "a:70000"], /^--backend must be HOST:PORT/],
  [["nginx", "--backend", "a;b:70"], /^--backend must be HOST:PORT/],
  [["nginx", "--backend", "[::zz]:70"], /^--backend must be HOST:PORT/],
  [["nginx", "--backend", "a:1", "--backend", "a:1"], /^Two slots cannot listen on the same address/],
  [["nginx", "--backend", "a:1", "--workers", "2"], /^--workers is 2, but there are 1 --backend/],
  [["nginx", "--backend", "a:1", "--listen", "ports:1"], /write one of them\.$/],
  [["nginx", ...FOUR, "--port", "65536"], /^--port must be a whole number from 1 to 65535/],
  [["nginx", ...FOUR, "--server-name", "a b"], /^--server-name must be a name/],
  [["nginx", ...FOUR, "--sessions", "many"], /^--sessions must be/],
  [["nginx", ...FOUR, "--ping-interval", "-1"], /^--ping-interval must be/],
  [["nginx", ...FOUR, "--nginx-version", "1.15.2"], /^--nginx-version must be a version from 1\.15\.3 on/],
  [
    ["nginx", ...FOUR, "--sticky", "header"],
    /^--sticky header needs --sticky-header with the name .* is ""\.$/,
  ],
  [["nginx", ...FOUR, "--sticky", "header", "--sticky-header", "a b"], /is "a b"\.$/],
  [["nginx", ...FOUR, "--sticky-header", "X-User"], "--sticky-header is for --sticky header only."],
  [["apache", ...FOUR, "--sticky", "ip-hash"], '--sticky for apache must be sid, cookie, but is "ip-hash".'],
  [["nginx", ...FOUR, "--http2"], /^--http2 needs --tls-cert and --tls-key/],
  [["nginx", ...FOUR, "--tls-cert", "/x.pem"], /^--tls-cert and --tls-key belong together/],
  [
    ["nginx", ...FOUR, "--tls-cert", "/no/x.pem", "--tls-key", "/no/x.key"],
    /^The file \/no\/x\.pem of --tls-cert cannot be read/,
  ],
])("%j is refused with one sentence, and nothing is written", async (argv, sentence) => {
  const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  const message = typeof sentence === "string" ? sentence : expect.stringMatching(sentence);
  const refused = runProgram(["proxy", ...argv, "--out", join(folder, "proxy.conf")]);
  await expect(refused).rejects.toMatchObject({ name: "UsageError", code: "ERR_USAGE", message });
  expect(write).not.toHaveBeenCalled();
  expect(readdirSync(folder)).toEqual([]);
});

it("a key that HAProxy would not find is refused; beside the certificate it is found", async () => {
  for (const file of ["site.pem", "other.pem", "site.pem.key", "a.crt", "a.key"])
    writeFileSync(join(folder, file), "");
  const tls = (cert: string, key: string): string[] => [
    "--tls-cert",
    join(folder, cert),
    "--tls-key",
    join(folder, key),
  ];
  const refused = runProgram(["proxy", "haproxy", ...FOUR, ...tls("site.pem", "other.pem")]);
  await expect(refused).rejects.toMatchObject({
    code: "ERR_USAGE",
    message: expect.stringContaining("HAProxy finds the key"),
  });
  expect(await print("haproxy", ...FOUR, ...tls("site.pem", "site.pem.key"))).toContain(
    `ssl crt ${folder}/site.pem `,
  );
  expect(await print("haproxy", ...FOUR, ...tls("a.crt", "a.key"))).toContain("ssl-load-extra-del-ext");
});

it("the flags stand in the text", async () => {
  const text = await print(
    "nginx",
    ...FOUR,
    "--port",
    "8080",
    "--ping-interval",
    "40000",
    "--sessions",
    "500",
    "--name",
    "chat",
  );
  expect(text).toContain("listen 8080 ");
  expect(text).toContain("proxy_read_timeout 75s;");
  expect(text).toContain("worker_connections 2024;");
  expect(text).toContain('"chat": 4 workers on 1 host.');
});

it("backends are slots in their order, on any host and on sockets", async () => {
  const backends = ["10.0.0.7:4000", "unix:/run/b.sock", "[2001:db8::1]:80"];
  const text = await print("haproxy", ...backends.flatMap((address) => ["--backend", address]));
  expect(text).toMatch(
    /server w0000 10\.0\.0\.7:4000\n.*w0001 unix@\/run\/b\.sock\n.*w0002 \[2001:db8::1\]:80\n/,
  );
});

it("pipes are a socket for each slot", async () => {
  const text = await print("caddy", "--listen", "pipes:/run/chat", "--workers", "2");
  expect(text).toContain("reverse_proxy unix//run/chat/0.sock unix//run/chat/1.sock {");
});

it("--out writes the whole file, in place of an older one", async () => {
  const path = join(folder, "nginx.conf");
  writeFileSync(path, "old");
  expect(await print("nginx", ...FOUR, "--out", path)).toBe(`Wrote ${path}.\n`);
  vi.restoreAllMocks();
  expect(readFileSync(path, "utf8")).toBe(await print("nginx", ...FOUR));
  expect(readdirSync(folder)).toEqual(["nginx.conf"]);
});

it("a file that cannot be written is said, and nothing is left", async () => {
  const path = join(folder, "none", "nginx.conf");
  const failed = runProgram(["proxy", "nginx", ...FOUR, "--out", path]);
  await expect(failed).rejects.toMatchObject({ name: "HoldfastError", code: "ERR_PROXY_FILE" });
  expect(existsSync(path)).toBe(false);
});

it("without --workers a running fleet is asked, and there is none", async () => {
  vi.stubEnv("HOLDFAST_RUNTIME_DIR", folder);
  vi.stubEnv("HOLDFAST_NAME", "");
  const asked = runProgram(["proxy", "nginx", "--listen", "ports:4000"]);
  await expect(asked).rejects.toMatchObject({ code: "ERR_NO_FLEET" });
});
