/**
 * Promise: what stands in examples/deploy works as it stands there: as PID 1, as a user without a name and without rights, on a
 * read-only file system, with the commands, probes and times of those files. No engine is asked: `docker build` and a cluster are
 * no part of it.
 */

import { afterEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { type Container, containerProblem } from "../helpers/container.js";
import { DeployedImage, deployText } from "../helpers/deployed-image.js";

const problem = await containerProblem();
const mayRun = problem === undefined || Boolean(process.env.CI);
if (!mayRun) console.warn(`NOT TESTED: containers. ${problem}`);

let deployed: DeployedImage | undefined;
afterEach(async () => {
  await deployed?.remove();
  deployed = undefined;
});

type Limits = { cpu: string; memory: string };
type Probe = { httpGet: { path: string; port: string } };

const compose = parse(deployText("docker/compose.yml")).services.chat as {
  cpus: number;
  mem_limit: string;
  stop_grace_period: string;
};
const pod = parse(deployText("kubernetes/deployment.yml")).spec.template.spec as {
  terminationGracePeriodSeconds: number;
  securityContext: { runAsUser: number };
  containers: {
    args: string[];
    env: { name: string; value: string }[];
    ports: { name: string; containerPort: number }[];
    startupProbe: Probe;
    readinessProbe: Probe;
    livenessProbe: Probe;
    resources: { limits: Limits };
  }[];
};
const [main] = pod.containers;
if (main === undefined) throw new Error("the pod has no container");
const portOf = (name: string): number => main.ports.find((port) => port.name === name)?.containerPort ?? 0;
const HTTP = portOf("http");

function memoryBytes(text: string): string {
  const factor = { g: 2 ** 30, Gi: 2 ** 30, m: 2 ** 20, Mi: 2 ** 20 }[text.replace(/\d+/, "")] ?? Number.NaN;
  return String(Number.parseInt(text, 10) * factor);
}

/** As many clients as asked for, one after another. @returns the transports that they ended up with */
function talk(container: Container, clients: number): Promise<string[]> {
  return container.evaluate(`
    (async () => {
      const { io } = await import("socket.io-client");
      const transports = [];
      for (let i = 0; i < ${clients}; i++) {
        const socket = io("http://127.0.0.1:${HTTP}", { forceNew: true, reconnection: false });
        await new Promise((resolve, reject) => socket.on("connect", resolve).on("connect_error", reject));
        if (socket.io.engine.transport.name !== "websocket")
          await new Promise((resolve) => socket.io.engine.once("upgrade", resolve));
        transports.push(socket.io.engine.transport.name);
        socket.close();
      }
      return transports;
    })()`);
}

const answers = (container: Container, { httpGet: { path, port } }: Probe): Promise<number | string> =>
  container.status(portOf(port), path);

describe.runIf(mayRun)("the image", () => {
  it("runs as Docker and compose.yml run it: healthy when it serves, ended in order by docker stop", async () => {
    deployed = new DeployedImage();
    const { entrypoint, command, healthcheck, env } = deployed.image;
    const limits = {
      "cpu.max": `${compose.cpus * 1e5} 100000`,
      "memory.max": memoryBytes(compose.mem_limit),
    };
    const container = deployed.run([...entrypoint, ...command], { limits });
    await container.until("healthy", async () => (await container.exec(healthcheck)).code === 0);

    expect(await talk(container, 6)).toEqual(Array(6).fill("websocket"));
    const ready = JSON.parse(container.stdout.split("\n").find((line) => line.includes('"ready"')) ?? "");
    expect(ready).toMatchObject({ workers: compose.cpus, port: Number(env.PORT) });
    expect(container.stderr).toContain(`each of ${compose.cpus} workers gets --max-old-space-size=`);
    const { stdout } = await container.exec(["sh", "-c", "id -u; cat /proc/1/comm; touch /x 2>&1 || true"]);
    expect(stdout).toBe("1000\ntini\ntouch: cannot touch '/x': Read-only file system\n");

    const grace = Number.parseInt(compose.stop_grace_period, 10) * 1000;
    container.kill("SIGTERM");
    expect(await container.exited(grace)).toBe(0);
    expect(container.stderr).toContain('"message":"stopped');
  });

  it("runs as the Deployment runs it: its probes, and nobody refused while it is taken out", async () => {
    deployed = new DeployedImage();
    const { entrypoint } = deployed.image;
    const { cpu, memory } = main.resources.limits;
    const limits = { "cpu.max": `${Number(cpu) * 1e5} 100000`, "memory.max": memoryBytes(memory) };
    const env = Object.fromEntries(main.env.map(({ name, value }) => [name, value]));
    const container = deployed.run([...entrypoint, ...main.args], { limits, env });
    await container.until("start", async () => (await answers(container, main.startupProbe)) === 200);
    expect(await answers(container, main.readinessProbe)).toBe(200);
    expect(await answers(container, main.livenessProbe)).toBe(200);
    expect(await container.status(HTTP, "/")).toBe(200);

    container.kill("SIGTERM");
    await container.until("taken out", async () => (await answers(container, main.readinessProbe)) === 503);
    expect(await answers(container, main.livenessProbe)).toBe(200);
    expect(await talk(container, 2)).toEqual(["websocket", "websocket"]);
    expect(container.stderr).not.toContain('"event":"draining"');
    expect(await container.exited(pod.terminationGracePeriodSeconds * 1000)).toBe(0);
    expect(container.stderr).toContain('"event":"draining"');
  });
});

describe.runIf(mayRun)("PID 1 without an init", () => {
  it("is Holdfast itself as well: it drains at TERM and INT, and its workers end with it", async () => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      deployed = new DeployedImage();
      const container = deployed.run(deployed.image.command, { env: { WEB_CONCURRENCY: "2" } });
      await container.until("ready", () => container.stdout.includes('"event":"ready"'));
      expect(
        JSON.parse(container.stdout.split("\n").find((line) => line.includes('"ready"')) ?? "").pid,
      ).toBe(1);
      container.kill(signal);
      expect(await container.exited()).toBe(0);
      expect(container.stderr.match(/"event":"worker-drained"/g)).toHaveLength(2);
      await deployed.remove();
    }
  });

  it("ends at TERM although it has not begun to listen for orders", async () => {
    deployed = new DeployedImage();
    deployed.folder.write(
      "holdfast.config.mjs",
      'console.log("loading"); await new Promise((r) => setTimeout(r, 60_000));',
    );
    const container = deployed.run(deployed.image.command);
    await container.until("configuration", () => container.stdout.includes("loading"));
    container.kill("SIGTERM");
    expect(await container.exited()).toBe(143);
  });

  it("may be npm start, which waits for the drain, where the script begins with exec", async () => {
    deployed = new DeployedImage();
    const scripts = { start: "exec holdfast start server.ts" };
    deployed.folder.write("package.json", JSON.stringify({ name: "chat", type: "module", scripts }));
    const env = { WEB_CONCURRENCY: "2", HOME: "/tmp", npm_config_update_notifier: "false" };
    const container = deployed.run(["npm", "start"], { env });
    await container.until("ready", () => container.stdout.includes('"event":"ready"'));
    container.kill("SIGTERM");
    expect(await container.exited()).toBe(0);
    expect(container.stderr.match(/"event":"worker-drained"/g)).toHaveLength(2);
  });
});

describe.runIf(mayRun)("processes that the app leaves behind", () => {
  const app = `
    import { spawn } from "node:child_process";
    import { createServer } from "node:http";
    createServer((_, response) => {
      spawn("sleep", ["0.5"], { detached: true, stdio: "ignore" }).unref();
      response.end();
      setTimeout(() => process.exit(1), 100);
    }).listen(3000);`;

  /** @returns what is left of the helper that outlived its worker */
  async function leave(container: Container): Promise<string> {
    await container.until("ready", () => container.stdout.includes('"event":"ready"'));
    await container.status(HTTP, "/");
    const look = async (): Promise<string> =>
      (
        await container.exec([
          "sh",
          "-c",
          "grep -lsP '^Name:\\tsleep' /proc/[0-9]*/status | xargs -r grep -hs ^State:",
        ])
      ).stdout;
    await container.until("the end of the helper", async () => !(await look()).includes("sleeping"));
    return look();
  }

  it("are collected by the init of the image", async () => {
    deployed = new DeployedImage();
    deployed.folder.write("leaves.mjs", app);
    const command = deployed.image.command.map((word) => word.replace("server.ts", "leaves.mjs"));
    const container = deployed.run([...deployed.image.entrypoint, ...command], {
      env: { WEB_CONCURRENCY: "1" },
    });
    expect(await leave(container)).toBe("");
  });

  it("stay where Holdfast is PID 1, which is said, once, with what to do", async () => {
    deployed = new DeployedImage();
    deployed.folder.write("leaves.mjs", app);
    const command = deployed.image.command.map((word) => word.replace("server.ts", "leaves.mjs"));
    const container = deployed.run(command, { env: { WEB_CONCURRENCY: "1" } });
    expect(await leave(container)).toContain("zombie");
    await container.until("warning", () => container.stderr.includes('"event":"orphans"'));
    expect(container.stderr).toContain("run the container with an init (docker run --init,");
  });
});
