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
  [
    ["squid", ...FOUR],
    'The kind of proxy must be nginx, haproxy, caddy, apache, traefik, envoy, kubernetes, but is "squid".',
  ],
  [["ngnix", ...FOUR], /is "ngnix"\. Did you mean nginx\?$/],
  [
    ["nginx", ...FOUR, "--sticky", "luck"],
    '--sticky for nginx must be sid, ip-hash, cookie, header, but is "luck".',
  ],
  [["nginx", "--workers", "4"], /^--workers alone does not say where they listen: --listen ports:4000/],
  [
    ["nginx", "--listen", "4000", "--workers", "2"],
    '--listen must be "ports:" with the first port from 1 to 65535, or "pipes:" with a folder for Unix sockets, but is "4000". Write, for example, ports:4000.',
  ],
  [["nginx", "--listen", "ports:x"], /^--listen must be "ports:" .* is "ports:x"\. Write/],
  [
    ["nginx", "--listen", "ports:65000", "--workers", "1000"],
    "--listen ports:65000 has no room for 1000 workers: the port of slot 999 would be 65999, and the last port is 65535. Write a first port of at most 64536, or at most 536 workers.",
  ],
  [
    ["nginx", "--listen", "ports:4000", "--workers", "70000"],
    "--workers must be a whole number from 1 to 1296, but is 70000.",
  ],
  [["nginx", "--listen", "ports:4000", "--workers", "0"], /^--workers must be/],
  [
    ["nginx", "--listen", "pipes:/tmp/a b", "--workers", "1"],
    /^--listen pipes:\/tmp\/a b has the socket "\/tmp\/a b\/0\.sock", which must be/,
  ],
  [["nginx", "--listen", `pipes:/${"x".repeat(120)}`, "--workers", "1"], /names a folder of 121 bytes/],
  [["nginx", "--backend", "127.0.0.1"], /^--backend must be HOST:PORT/],
  [["nginx", "--backend", "a:70000"], /^--backend must be HOST:PORT/],
  [["nginx", "--backend", "a;b:70"], /^--backend must be HOST:PORT/],
  [["nginx", "--backend", "[::zz]:70"], /^--backend must be HOST:PORT/],
  [["nginx", "--backend", "a:1", "--backend", "a:1"], /^--backend a:1 stands there twice/],
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
  [["nginx", "--host", "a:1", "--backend", "b:1"], /^--backend and --host both say where/],
  [["nginx", "--host", "a:1", "--host", "a:1"], /^--host a:1 stands there twice/],
  [["nginx", "--host", "a:1", "--host", "b:1", "--host-number", "3"], /^--host-number is for one --host/],
  [["nginx", "--host", "a:1", "--workers", "2"], /^--workers says nothing about a --host/],
  [
    ["nginx", ...FOUR, "--host-number", "1296"],
    '--host-number must be a whole number from 0 to 1295, but is "1296".',
  ],
  [
    ["nginx", "--host", "a:1", "--sticky", "cookie"],
    /^--sticky cookie for nginx goes by the cookie of the workers/,
  ],
  [["traefik", "--listen", "pipes:/run/chat", "--workers", "1"], /^Traefik reaches no Unix sockets/],
  [["traefik", ...FOUR, "--sticky", "ip-hash"], /^--sticky for traefik must be sid, cookie, but/],
  [["traefik", ...FOUR, "--check"], /^--check cannot be had for traefik/],
  [
    ["envoy", "--backend", "unix:/run/a.sock", "--backend", "a.example:1"],
    /^Envoy cannot have Unix sockets and names/,
  ],
  [["nginx", ...FOUR, "--image", "chat:1"], /^--image is for kubernetes only/],
  [["kubernetes"], /^--image must be the app's image/],
  [["kubernetes", "--image", "a b"], /^--image must be the name of an image/],
  [["kubernetes", "--image", "chat:1", "--name", "Chat_1"], /^--name must be at most 40 small letters/],
  [["kubernetes", "--image", "chat:1", "--hosts", "1297"], /^--hosts must be a whole number from 1 to 1296/],
  [["kubernetes", "--image", "chat:1", ...FOUR], /^--listen says nothing to kubernetes/],
  [["nginx", ...FOUR, "--http2"], /^--http2 needs a certificate and its key \(--tls-cert and --tls-key\)/],
  [
    ["nginx", ...FOUR, "--tls-cert", "/x.pem"],
    "--tls-cert needs the other one, too: --tls-cert and --tls-key belong together.",
  ],
  [
    ["nginx", ...FOUR, "--tls-cert", "/no/x.pem", "--tls-key", "/no/x.key"],
    /^--tls-cert is the file \/no\/x\.pem, which cannot be read/,
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

it("hosts whose workers share a port are named by two characters of the sid", async () => {
  const text = await print("haproxy", "--host", "10.0.0.7:3000", "--host", "10.0.0.8:3000");
  expect(text).toMatch(/server w00 10\.0\.0\.7:3000\n.*w01 10\.0\.0\.8:3000\n/);
  const other = await print("haproxy", ...FOUR, "--host-number", "1295");
  expect(other).toContain("server wzz03 127.0.0.1:4003\n");
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
  const message = expect.stringMatching(/Or say where the workers listen: --listen/);
  await expect(runProgram(["proxy", "nginx"])).rejects.toMatchObject({ code: "ERR_NO_FLEET", message });
});
