/** Test helper: processes of an app with `holdfast(io)`, started by hand, and a front that gives each connection to the next one. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { AppFolder, MODULES } from "./app-folder.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

export type Joined = { readonly slot: number; readonly port: number; readonly pid: number };

/** A folder in which an app finds holdfast and socket.io as if both were installed there. */
export function libraryFolder(): AppFolder {
  const folder = new AppFolder();
  folder.link("node_modules/holdfast", ROOT);
  folder.link("node_modules/socket.io", `${MODULES.own}/socket.io`);
  folder.write("package.json", JSON.stringify({ name: "chat", type: "module" }));
  return folder;
}

export class LibraryProcess {
  readonly process: ChildProcess;
  stdout = "";
  stderr = "";

  /** @param folder where processes of one fleet meet */
  constructor(entry: string, folder: AppFolder, env: Record<string, string> = {}) {
    const environment = { ...process.env, HOLDFAST_RUNTIME_DIR: `${folder.path}/run`, ...env };
    this.process = spawn(process.execPath, [entry], { env: environment, stdio: ["ignore", "pipe", "pipe"] });
    this.process.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
    });
    this.process.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
  }

  /** @returns what each of `count` processes said when it had joined; more than one where the app forks */
  async joined(count = 1): Promise<Joined[]> {
    for (;;) {
      const found = [...this.stdout.matchAll(/^JOINED slot=(\d+) port=(\d+) pid=(\d+)$/gm)];
      if (found.length >= count)
        return found.map(([, slot, port, pid]) => ({
          slot: Number(slot),
          port: Number(port),
          pid: Number(pid),
        }));
      if (this.process.exitCode !== null)
        throw new Error(`ended before it had joined:\n${this.stdout}${this.stderr}`);
      await Promise.race([
        once(this.process.stdout as NodeJS.ReadableStream & Socket, "data"),
        this.closed(),
      ]);
    }
  }

  /** Ends it at once. */
  async kill(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    this.process.kill("SIGKILL");
    await this.closed();
  }

  async closed(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    await once(this.process, "close");
  }
}

/** A port, or the path of a Unix socket. */
export type Target = number | string;

/** Pipes each new connection to the next of its targets in turn. */
export class RoundRobinFront {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #targets: readonly Target[];
  #turn = 0;

  private constructor(targets: readonly Target[]) {
    this.#targets = targets;
    this.#server = createServer((client) => this.#join(client));
  }

  static async listen(targets: readonly Target[]): Promise<RoundRobinFront> {
    const front = new RoundRobinFront(targets);
    front.#server.listen(0, "127.0.0.1");
    await once(front.#server, "listening");
    return front;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as { port: number }).port}`;
  }

  /** As a balancer does once its checks fail. */
  leaveOut(target: Target): void {
    this.#targets = this.#targets.filter((other) => other !== target);
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #join(client: Socket): void {
    const target = this.#targets[this.#turn++ % this.#targets.length] ?? 0;
    const server = typeof target === "string" ? connect(target) : connect(target, "127.0.0.1");
    client.pipe(server).pipe(client);
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
  }
}
