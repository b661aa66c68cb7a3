/** Development: what the tests need besides the dependencies: Debian packages, other versions of Node, the dependencies of fixtures. */

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ROOT, run } from "./run.mjs";
import { install, isInstalled } from "./setup.mjs";

/** Each program or module, how to see that it works, and the Debian package that brings it. */
const SYSTEM = [
  { name: "nginx", package: "nginx", check: ["nginx", "-v"] },
  {
    name: "nginx's stream module",
    package: "libnginx-mod-stream",
    check: ["test", "-e", "/usr/lib/nginx/modules/ngx_stream_module.so"],
  },
  { name: "haproxy", package: "haproxy", check: ["haproxy", "-v"] },
  { name: "apache2", package: "apache2-bin", check: ["apache2", "-v"] },
  { name: "caddy", package: "caddy", check: ["caddy", "version"] },
  // Its programs and, in namespaces of its own, the real thing.
  { name: "systemd", package: "systemd", check: ["systemd-analyze", "--version"] },
  { name: "openssl", package: "openssl", check: ["openssl", "version"] },
  { name: "curl", package: "curl", check: ["curl", "--version"] },
  { name: "tini", package: "tini", check: ["tini", "--version"] },
  { name: "redis-server", package: "redis-server", check: ["redis-server", "--version"] },
  { name: "unshare and nsenter", package: "util-linux", check: ["nsenter", "--version"] },
  { name: "ip", package: "iproute2", check: ["ip", "-V"] },
  { name: "chromium", package: "chromium", check: ["/usr/bin/chromium", "--version"] },
  ...["socketio", "websocket", "requests"].map((module) => ({
    name: `the Python module ${module}`,
    package: `python3-${module}`,
    check: ["/usr/bin/python3", "-c", `import ${module}`],
  })),
];

/** Folders with dependencies of their own. */
const FIXTURES = [
  "test/fixtures/nest",
  "test/fixtures/library",
  "test/matrix/socket.io-4.6",
  "test/matrix/socket.io-4.7",
];

/**
 * Installs what may be installed here.
 * @returns {string[]} one sentence for each thing that is still missing
 */
export function provideNeeds() {
  return [...systemPackages(), ...nodeMatrix(), ...FIXTURES.flatMap(fixture)];
}

function systemPackages() {
  const missing = SYSTEM.filter((need) => !works(need));
  if (missing.length === 0) return [];
  const packages = missing.map((need) => need.package);
  if (mayUseApt()) {
    console.log(`Installing Debian packages: ${packages.join(" ")} …`);
    const env = { DEBIAN_FRONTEND: "noninteractive" };
    run("apt-get", ["update", "-qq"], { env, quiet: true });
    run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...packages], { env, quiet: true });
  }
  return missing
    .filter((need) => !works(need))
    .map((need) => `${need.name} is missing: apt-get install --no-install-recommends ${need.package}`);
}

/** @param {{ check: string[] }} need */
function works({ check: [program = "", ...args] }) {
  return spawnSync(program, args, { stdio: "ignore", timeout: 30_000 }).status === 0;
}

function mayUseApt() {
  return process.getuid?.() === 0 && spawnSync("apt-get", ["--version"], { stdio: "ignore" }).status === 0;
}

function nodeMatrix() {
  const folder = join(ROOT, "test", "matrix");
  if (process.platform !== "linux" || process.arch !== "x64") {
    return ["the other versions of Node (test/matrix) are there for Linux on x64 only"];
  }
  return installed(folder, "the other versions of Node") ? [] : [`${folder}: npm ci failed`];
}

/** @param {string} path */
function fixture(path) {
  const folder = join(ROOT, path);
  if (!existsSync(join(folder, "package-lock.json"))) return [];
  return installed(folder, `the dependencies of ${path}`) ? [] : [`${path}: npm ci failed`];
}

/** @param {string} folder @param {string} what */
function installed(folder, what) {
  if (isInstalled(folder)) return true;
  console.log(`Installing ${what} …`);
  try {
    install(folder);
    return true;
  } catch (error) {
    console.error(/** @type {Error} */ (error).message);
    return false;
  }
}
