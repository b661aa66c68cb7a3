/**
 * Test helper: what a container engine does, as far as the kernel does it: a process that is PID 1 of a namespace of its own, with
 * a root file system that is read-only, a network of its own, a user without a name and without rights, and /tmp in memory. The
 * programs are this machine's. Needs root.
 */

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, realpathSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { ROOT } from "./holdfast-command.js";
import { childrenOf } from "./processes.js";
import { temporaryDirectory } from "./temporary.js";

const run = promisify(execFile);
const NODE = dirname(realpathSync(process.execPath));
const PATH = `${NODE}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`;
/** Each becomes the next one. */
const SETTING_UP = ["unshare", "sh", "chroot", "env", "setpriv"];
/** Folders of this machine that stand for those of the base image. */
const BASE = ["/usr", "/etc", NODE];

export type ContainerOptions = {
  /** Folder outside -> folder inside; all of them read-only. */
  readonly mounts: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly uid: number;
  readonly gid: number;
  readonly env: Readonly<Record<string, string>>;
  /** Files of the control group, version 2, as they are seen inside: `memory.max`, `cpu.max`. Nobody enforces them. */
  readonly limits?: Readonly<Record<string, string>>;
};

/** Why it cannot run here, or undefined. */
export async function containerProblem(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return "only root may make namespaces";
  const tried = run("unshare", [
    "--mount",
    "--pid",
    "--net",
    "--fork",
    "--mount-proc",
    "ip",
    "link",
    "set",
    "lo",
    "up",
  ]);
  return tried.then(
    () => undefined,
    (error: Error) => `this machine lets nobody make namespaces: ${error.message}`,
  );
}

export class Container {
  readonly process: ChildProcess;
  stdout = "";
  stderr = "";
  readonly #folder = temporaryDirectory();
  readonly #options: ContainerOptions;

  constructor(command: readonly string[], options: ContainerOptions) {
    this.#options = options;
    const root = `${this.#folder.path}/root`;
    mkdirSync(root);
    const script = `${setUp(root, options)}\nexec ${asUser(options)} "$@"`;
    const namespaces = ["--mount", "--pid", "--net", "--fork"];
    this.process = spawn("unshare", [...namespaces, "/bin/sh", "-euc", script, root, ...command], {
      env: { ...options.env, PATH },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.process.stdout?.setEncoding("utf8").on("data", (text: string) => (this.stdout += text));
    this.process.stderr?.setEncoding("utf8").on("data", (text: string) => (this.stderr += text));
  }

  get ended(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null;
  }

  /** PID 1, by its number outside. */
  get pid(): number {
    const [pid] = childrenOf(this.process.pid ?? 0);
    if (pid === undefined) throw new Error(`the container has ended:\n${this.stdout}\n${this.stderr}`);
    return pid;
  }

  /** The command itself runs, and no longer what sets its surroundings up. */
  get #isSetUp(): boolean {
    const [pid] = childrenOf(this.process.pid ?? 0);
    try {
      return !SETTING_UP.includes(readFileSync(`/proc/${pid}/comm`, "utf8").trim());
    } catch {
      return false;
    }
  }

  /** The condition is first asked when the command runs. */
  async until(what: string, condition: () => boolean | Promise<boolean>, within = 30_000): Promise<void> {
    const deadline = Date.now() + within;
    while (!(this.#isSetUp && (await condition()))) {
      if (Date.now() > deadline || this.ended)
        throw new Error(
          `${what}: not before the end, or within ${within} ms\n${this.stdout}\n${this.stderr}`,
        );
      await sleep(20);
    }
  }

  /** As `docker exec` does. @returns the exit code and what was printed */
  async exec(command: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    const inside = `exec ${asUser(this.#options)} "$@"`;
    const root = `--root=/proc/${this.pid}/root`;
    const args = [
      "--target",
      `${this.pid}`,
      "--mount",
      "--pid",
      "--net",
      root,
      "/bin/sh",
      "-euc",
      inside,
      "/",
    ];
    try {
      const env = { ...this.#options.env, PATH };
      return { code: 0, ...(await run("nsenter", [...args, ...command], { env })) };
    } catch (error) {
      return error as { code: number; stdout: string; stderr: string };
    }
  }

  /** The body is an expression of JavaScript, run in the container's network. @returns what it resolves to */
  async evaluate<T>(expression: string): Promise<T> {
    const code = `(async () => (${expression}))().then((value) => console.log(JSON.stringify(value)))`;
    const args = ["--target", `${this.pid}`, "--net", process.execPath, "-e", code];
    // From here the project's own modules are found.
    return JSON.parse((await run("nsenter", args, { cwd: ROOT })).stdout) as T;
  }

  /** The code of a GET request, or why there is none. */
  status(port: number, path: string): Promise<number | string> {
    const url = JSON.stringify(`http://127.0.0.1:${port}${path}`);
    return this.evaluate(`fetch(${url}).then((r) => r.status, (error) => error.cause.code)`);
  }

  kill(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal);
  }

  /** @returns its exit code */
  async exited(within = 30_000): Promise<number | null> {
    const limit = setTimeout(() => this.process.kill("SIGKILL"), within);
    if (!this.ended) await once(this.process, "close");
    clearTimeout(limit);
    return this.process.exitCode;
  }

  async remove(): Promise<void> {
    if (!this.ended) this.process.kill("SIGKILL");
    await this.exited();
    this.#folder.remove();
  }
}

/** A root in memory, filled by mounts, then read-only. Nothing of it is seen outside, or is left. */
function setUp(root: string, { mounts, folder, limits = {} }: ContainerOptions): string {
  const binds = [...BASE.map((path) => [path, path] as const), ...Object.entries(mounts)];
  const distinct = binds.filter(([, inside]) => inside === "/usr" || !inside.startsWith("/usr/"));
  const groups = `${root}/sys/fs/cgroup`;
  return [
    `mount -t tmpfs -o mode=755 tmpfs ${root}`,
    `mkdir -p ${root}/proc ${root}/tmp ${root}/dev ${root}${folder} ${groups}`,
    `for link in bin sbin lib lib64; do ln -s usr/$link ${root}/$link; done`,
    ...Object.entries(limits).map(([file, text]) => `echo '${text}' > ${groups}/${file}`),
    // Before the others: this machine may have what is mounted below its own /tmp.
    `mount -t tmpfs -o mode=1777 tmpfs ${root}/tmp`,
    ...distinct.flatMap(([outside, inside]) => bind(outside, root + inside)),
    `mount --rbind /dev ${root}/dev`,
    `mount -t proc proc ${root}/proc`,
    `mount -o remount,ro ${root}`,
    "ip link set lo up",
  ].join("\n");
}

function bind(outside: string, inside: string): string[] {
  return [`mkdir -p ${inside}`, `mount --bind ${outside} ${inside}`, `mount -o remount,bind,ro ${inside}`];
}

/** "$0" is the root. No right, no way to get one; and nobody outlives the command, whatever becomes of the test. */
function asUser({ uid, gid, folder }: ContainerOptions): string {
  const rights = "--clear-groups --bounding-set=-all --inh-caps=-all --no-new-privs --pdeathsig=KILL";
  return `chroot "$0" /usr/bin/env -C ${folder} setpriv --reuid=${uid} --regid=${gid} ${rights}`;
}
