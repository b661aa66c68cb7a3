/** Test helper: a real nginx, HAProxy, Caddy or Apache on a private port, with the configuration that `holdfast proxy` wrote for it. */

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { temporaryDirectory } from "./temporary.js";

/** The proxies that are run here; of the others the text is checked. */
export const REAL_PROXIES = ["nginx", "haproxy", "caddy", "apache"] as const;
export type RealProxyKind = (typeof REAL_PROXIES)[number];

/** It is up within a second, or something is wrong. Milliseconds. */
const START_DEADLINE = 15_000;

type Command = { readonly file: string; readonly program: string; readonly args: readonly string[] };

/** In the foreground, with everything that it writes in `folder`. */
function commandOf(kind: RealProxyKind, folder: string): Command {
  const own = `pid ${folder}/nginx.pid; error_log ${folder}/error.log;`;
  switch (kind) {
    case "nginx": {
      const args = ["-p", `${folder}/`, "-c", `${folder}/nginx.conf`, "-g", `${own} daemon off;`];
      return { file: "nginx.conf", program: "nginx", args };
    }
    case "haproxy":
      return { file: "haproxy.cfg", program: "haproxy", args: ["-W", "-db", "-f", `${folder}/haproxy.cfg`] };
    case "apache": {
      const own = ["-C", `Define HOLDFAST_STATE ${folder}`, "-c", `ErrorLog ${folder}/error.log`];
      const args = ["-D", "FOREGROUND", ...own, "-f", `${folder}/apache.conf`];
      return { file: "apache.conf", program: "apache2", args };
    }
    case "caddy": {
      const args = ["run", "--adapter", "caddyfile", "--config", `${folder}/Caddyfile`];
      return { file: "Caddyfile", program: "caddy", args };
    }
  }
}

export class RealProxy {
  readonly kind: RealProxyKind;
  readonly port: number;
  readonly #process: ChildProcess;
  readonly #command: Command;
  readonly #folder: { path: string; remove(): void };
  #output = "";

  private constructor(kind: RealProxyKind, text: string, port: number, admin: number) {
    this.kind = kind;
    this.port = port;
    this.#folder = temporaryDirectory();
    const { path } = this.#folder;
    this.#command = commandOf(kind, path);
    writeFileSync(join(path, this.#command.file), text);
    const own = { XDG_CONFIG_HOME: path, XDG_DATA_HOME: path, CADDY_ADMIN: `localhost:${admin}` };
    this.#process = spawn(this.#command.program, this.#command.args, {
      env: { ...process.env, ...own },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.#process.stdout, this.#process.stderr])
      stream?.setEncoding("utf8").on("data", (said: string) => {
        this.#output += said;
      });
  }

  /** @param ports the public one of `text`, and one for Caddy's own use @throws with what it said, when it does not listen in time */
  static async start(
    kind: RealProxyKind,
    text: string,
    [port, admin]: readonly [number, number],
  ): Promise<RealProxy> {
    const proxy = new RealProxy(kind, text, port, admin);
    const until = Date.now() + START_DEADLINE;
    while (!(await listens(port))) {
      if (proxy.#process.exitCode !== null || Date.now() > until) {
        await proxy.stop();
        throw new Error(`${kind} does not listen on ${port}:\n${proxy.#output}`);
      }
      await sleep(20);
    }
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get output(): string {
    return this.#output;
  }

  /** `nginx -s reload`, and for the others the signal that their units send. */
  reload(text: string): void {
    writeFileSync(join(this.#folder.path, this.#command.file), text);
    if (this.kind === "nginx")
      execFileSync("nginx", [...this.#command.args, "-s", "reload"], { stdio: "pipe" });
    else this.#process.kill(this.kind === "apache" ? "SIGUSR1" : "SIGUSR2");
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      // Whatever is still connected is of this test.
      this.#process.kill("SIGTERM");
      await once(this.#process, "close");
    }
    this.#folder.remove();
  }
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}
