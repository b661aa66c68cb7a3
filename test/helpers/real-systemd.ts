/** Test helper: a real systemd in namespaces of its own. Nothing of it reaches the machine; needs root and control groups of version 2. */

import { type ChildProcess, execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { AppFolder } from "./app-folder.js";
import { ROOT } from "./holdfast-command.js";
import { childrenOf } from "./processes.js";

const BOOT = fileURLToPath(new URL("../fixtures/systemd/boot.sh", import.meta.url));
const SYSTEMD = "/lib/systemd/systemd";
const OF_SYSTEMD = "/lib/systemd/system";
/** What a service hangs on; everything else of the machine's own units stays out. */
const TARGETS = [
  "basic",
  "sysinit",
  "shutdown",
  "sockets",
  "timers",
  "paths",
  "slices",
  "multi-user",
  "umount",
  "network-online",
  "final",
];
const PATIENCE = 20_000;

export type Ended = { readonly code: number; readonly text: string };

/** @returns why there can be none here */
export function noSystemd(): string | undefined {
  if (process.getuid?.() !== 0) return "only root may make namespaces and control groups";
  if (!existsSync(SYSTEMD)) return `${SYSTEMD} is missing: apt-get install systemd`;
  if (controlGroups() === undefined) return "no control groups of version 2 are mounted";
  const { status } = spawnSync("unshare", ["--cgroup", "--mount", "--pid", "--fork", "true"]);
  return status === 0 ? undefined : "namespaces are not allowed here";
}

function controlGroups(): string | undefined {
  const mounts = readFileSync("/proc/self/mounts", "utf8");
  return /^\S+ (\S+) cgroup2 (?:rw|[^ ]*,rw)/m.exec(mounts)?.[1];
}

export class RealSystemd {
  /** /srv/chat there. */
  readonly app: AppFolder;
  /** /etc/systemd/system there. */
  readonly units: string;
  readonly #process: ChildProcess;
  readonly #group: string;
  readonly #folder: AppFolder;
  #pid = 0;

  private constructor(child: ChildProcess, group: string, folder: AppFolder, app: AppFolder) {
    this.#process = child;
    this.#group = group;
    this.#folder = folder;
    this.app = app;
    this.units = join(folder.path, "units");
  }

  static async boot(): Promise<RealSystemd> {
    const [folder, app] = [new AppFolder(), new AppFolder()];
    // The user of a service must get there.
    chmodSync(app.path, 0o755);
    for (const name of ["units", "targets"]) mkdirSync(join(folder.path, name));
    for (const target of TARGETS)
      symlinkSync(`${OF_SYSTEMD}/${target}.target`, join(folder.path, "targets", `${target}.target`));
    const group = join(controlGroups() ?? "", `holdfast-test-${process.pid}`);
    mkdirSync(group);
    const folders = [join(folder.path, "units"), join(folder.path, "targets"), ROOT, app.path];
    const child = spawn("/bin/sh", [BOOT, group, ...folders], { stdio: ["ignore", "inherit", "inherit"] });
    const systemd = new RealSystemd(child, group, folder, app);
    await systemd.#booted();
    return systemd;
  }

  /** Runs a command there, in the app's folder. */
  run(...command: string[]): Promise<Ended> {
    const inside = [
      "-t",
      `${this.#pid}`,
      "-m",
      "-p",
      "-C",
      "-u",
      "-i",
      "/bin/sh",
      "-c",
      'cd /srv/chat && exec "$@"',
      "sh",
    ];
    return new Promise((resolve) => {
      execFile("nsenter", [...inside, ...command], { encoding: "utf8" }, (error, stdout, stderr) => {
        resolve({
          code: typeof error?.code === "number" ? error.code : error === null ? 0 : 1,
          text: stdout + stderr,
        });
      });
    });
  }

  /** One property of a unit, as `systemctl show` says it. */
  async property(unit: string, name: string): Promise<string> {
    return (await this.run("systemctl", "show", "--value", "-p", name, unit)).text.trim();
  }

  async until(what: string, condition: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + PATIENCE;
    while (!(await condition())) {
      if (Date.now() > deadline)
        throw new Error(`${what}: not within ${PATIENCE} ms\n${await this.#everything()}`);
      await sleep(30);
    }
  }

  /** Everything in it dies with its process 1. */
  async stop(): Promise<void> {
    const ended = once(this.#process, "close");
    if (this.#process.exitCode === null) {
      this.#process.kill("SIGKILL");
      await ended;
    }
    await this.#removeGroups();
    this.app.remove();
    this.#folder.remove();
  }

  async #booted(): Promise<void> {
    await this.until("systemd runs", async () => {
      [this.#pid = 0] = childrenOf(this.#process.pid ?? 0);
      return this.#pid !== 0 && (await this.run("systemctl", "is-system-running")).text.trim() === "running";
    });
  }

  async #everything(): Promise<string> {
    return (await this.run("systemctl", "status", "--no-pager", "--all", "*.service")).text;
  }

  /** The kernel lets go of a group a moment after its last process. */
  async #removeGroups(): Promise<void> {
    const deadline = Date.now() + PATIENCE;
    for (;;) {
      try {
        removeGroup(this.#group);
        return;
      } catch (error) {
        if (Date.now() > deadline) throw error;
        await sleep(20);
      }
    }
  }
}

function removeGroup(path: string): void {
  for (const entry of readdirSync(path, { withFileTypes: true }))
    if (entry.isDirectory()) removeGroup(join(path, entry.name));
  rmdirSync(path);
}
