/** Promise: the admin endpoint tells a platform the truth, from before the first worker to after the last, and bothers nobody. */

import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { connect, createServer } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "vitest";
import { Fleet, type FleetOptions } from "../helpers/fleet.js";
import { freePorts } from "../helpers/free-ports.js";
import { get } from "../helpers/http-client.js";

let fleet: Fleet | undefined;
afterEach(async () => {
  await fleet?.stop("SIGKILL");
  fleet = undefined;
});

class Probed {
  readonly fleet: Fleet;
  readonly port: number;

  constructor(entry: string, port: number, { args = [], ...options }: FleetOptions) {
    this.port = port;
    this.fleet = new Fleet(`primary/${entry}`, {
      workers: 2,
      args: ["--admin", `${port}`, ...args],
      ...options,
    });
    fleet = this.fleet;
  }

  async ask(path: string, method = "GET"): Promise<IncomingMessage & { body: string }> {
    const asked = request({ port: this.port, host: "127.0.0.1", path, method, agent: false }).end();
    const [response] = (await once(asked, "response")) as [IncomingMessage];
    return Object.assign(response, { body: await text(response) });
  }

  /** `live ready started`, or `gone` */
  async codes(): Promise<string> {
    try {
      const answers = await Promise.all(["/livez", "/readyz", "/startupz"].map((path) => this.ask(path)));
      return answers.map(({ statusCode }) => statusCode).join(" ");
    } catch {
      return "gone";
    }
  }

  until(codes: string): Promise<void> {
    return this.fleet.until(codes, async () => (await this.codes()) === codes);
  }
}

async function start(entry: string, options: FleetOptions = {}): Promise<Probed> {
  const [port = 0] = await freePorts(1);
  return new Probed(entry, port, options);
}

describe("the admin endpoint", () => {
  it("answers before the workers are there, says no while they start, and yes with the ready line", async () => {
    const probed = await start("hello.mjs", { env: { BOOT_TIME: "1500" } });
    await probed.until("200 503 503");
    expect(probed.fleet.stdout).not.toContain("ready");
    await probed.fleet.ready();
    expect(await probed.codes()).toBe("200 200 200");
    expect((await probed.ask("/readyz")).body).toBe("ok: 2 of 2 workers ready\n");
    expect(probed.fleet.stderr).toContain(`answers /readyz and others on http://127.0.0.1:${probed.port}`);
    expect((await probed.fleet.status()).admin).toEqual({ host: "127.0.0.1", port: probed.port });
    expect(JSON.parse((await probed.ask("/healthz")).body)).toMatchObject({ ready: true, state: "ready" });
  });

  it("says no from the first moment of a drain, for as long as the drain takes, and is gone with the fleet", async () => {
    const probed = await start("hello.mjs");
    await probed.fleet.ready();
    const answer = get(`${probed.fleet.url}/?wait=1500`);
    await get(probed.fleet.url);
    probed.fleet.process.kill("SIGTERM");
    // Nobody is refused before the primary has heard the signal; from then on /readyz says so.
    await probed.fleet.until("refusal", () =>
      get(probed.fleet.url).then(
        () => false,
        () => true,
      ),
    );
    expect(await probed.codes()).toBe("200 503 200");
    expect((await probed.ask("/readyz")).body).toBe("no: stopping\n");
    expect(JSON.parse(await answer)).toMatchObject({ generation: "1" });
    expect(await probed.fleet.exited()).toBe(0);
    expect(await probed.codes()).toBe("gone");
  });

  it("says yes all through a rolling reload", async () => {
    const probed = await start("hello.mjs");
    await probed.fleet.ready();
    const seen = new Set<string>();
    let done = false;
    const reloaded = probed.fleet.command("reload").finally(() => {
      done = true;
    });
    while (!done) seen.add(await probed.codes());
    await reloaded;
    expect([...seen]).toEqual(["200 200 200"]);
  });

  it("says no while the only worker hangs, and yes when it is back", async () => {
    const probed = await start("hello.mjs", { workers: 1 });
    await probed.fleet.ready();
    const pid = await probed.fleet.pidOf(0);
    process.kill(pid, "SIGSTOP");
    await probed.until("200 503 200");
    expect((await probed.ask("/readyz")).body).toBe("no: the only ready worker has said nothing for 5 s\n");
    await expect(probed.fleet.command("status", "--quiet")).rejects.toMatchObject({ code: 1, stdout: "" });
    process.kill(pid, "SIGCONT");
    await probed.until("200 200 200");
    expect(await probed.fleet.command("status", "--quiet")).toEqual({ stdout: "", stderr: "" });
  });

  it("has numbers of all workers for Prometheus, whichever worker serves", async () => {
    const probed = await start("hello.mjs");
    await probed.fleet.ready();
    const sample = async (series: string): Promise<number | undefined> => {
      const { body } = await probed.ask("/metrics");
      const line = body.split("\n").find((some) => some.startsWith(`${series} `));
      return line === undefined ? undefined : Number(line.slice(series.length + 1));
    };
    expect((await probed.ask("/metrics")).headers["content-type"]).toBe(
      "text/plain; version=0.0.4; charset=utf-8",
    );
    expect(await sample('holdfast_workers{state="ready"}')).toBe(2);
    const workers = ["0", "1"].map((slot) => `holdfast_process_resident_memory_bytes{worker="${slot}"}`);
    const told = async (): Promise<boolean> =>
      (await Promise.all(workers.map(sample))).every((bytes) => (bytes ?? 0) > 1e6);
    await probed.fleet.until("numbers of both", told);
    expect(await sample("holdfast_generation")).toBe(1);
    await probed.fleet.command("reload");
    expect(await sample("holdfast_generation")).toBe(2);
    expect(await sample('holdfast_last_change_sessions_closed{what="reload"}')).toBe(0);
  });

  it("knows five paths and two ways to ask", async () => {
    const probed = await start("hello.mjs", { workers: 1 });
    await probed.fleet.ready();
    for (const path of ["/", "/status", "/metric", "/stop", "/socket.io/?EIO=4&transport=polling"]) {
      expect((await probed.ask(path)).statusCode).toBe(404);
    }
    const posted = await probed.ask("/readyz", "POST");
    expect([posted.statusCode, posted.headers.allow]).toEqual([405, "GET, HEAD"]);
    const head = await probed.ask("/readyz", "HEAD");
    expect([head.statusCode, head.body, head.headers.connection]).toEqual([200, "", "close"]);
    expect((await probed.ask("/readyz?verbose")).statusCode).toBe(200);
  });

  it("closes connections that send rubbish, too much or nothing, and answers others meanwhile", async () => {
    const probed = await start("hello.mjs", { workers: 1 });
    await probed.fleet.ready();
    const silent = connect(probed.port, "127.0.0.1");
    const silence = once(silent.resume(), "close");
    for (const bytes of ["\x16\x03\x01\x02\0", `GET /readyz HTTP/1.1\r\nx: ${"x".repeat(20_000)}\r\n\r\n`]) {
      const socket = connect(probed.port, "127.0.0.1");
      socket.on("error", () => {}).end(bytes);
      expect(await text(socket).catch(() => "")).not.toContain("200");
    }
    expect(await probed.codes()).toBe("200 200 200");
    await silence;
  });
});

describe("an address of --admin that is taken", () => {
  it("ends the start with one sentence and exit code 1, and no worker was there", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as { port: number };
    const probed = new Probed("hello.mjs", port, {});
    expect(await probed.fleet.exited()).toBe(1);
    taken.close();
    expect(probed.fleet.stderr).toBe(
      `holdfast: The admin endpoint cannot listen on 127.0.0.1:${port} (--admin): another program listens there. Write another address or port. (ERR_ADMIN_ADDRESS: docs/errors.md#err_admin_address)\n`,
    );
    expect(probed.fleet.stdout).toBe("");
  });
});

describe("--shutdown-delay", () => {
  const DELAY = ["--shutdown-delay", "1500ms"];

  it("serves new clients on while /readyz says no, then refuses them and drains", async () => {
    const probed = await start("hello.mjs", { args: DELAY });
    await probed.fleet.ready();
    probed.fleet.process.kill("SIGTERM");
    await probed.until("200 503 200");
    const { drainIn, state } = await probed.fleet.status();
    expect(state).toBe("stopping");
    expect(drainIn).toBeGreaterThan(0);
    expect(JSON.parse(await get(probed.fleet.url))).toMatchObject({ generation: "1" });
    await expect(probed.fleet.command("reload")).rejects.toMatchObject({
      stderr: expect.stringContaining("ERR_STOPPING"),
    });
    expect(probed.fleet.stderr).not.toContain("draining: 2 workers");
    expect(await probed.fleet.exited()).toBe(0);
    expect(probed.fleet.stderr).toContain("stopping: SIGTERM; serves on for 1500 ms, then 2 workers drain");
    expect(probed.fleet.stderr).toContain("draining: 2 workers");
  });

  it("counts for holdfast stop as well, which returns when all is over", async () => {
    const probed = await start("hello.mjs", { args: DELAY });
    await probed.fleet.ready();
    const stopped = probed.fleet.command("stop");
    await probed.until("200 503 200");
    await get(probed.fleet.url);
    expect((await stopped).stdout).toContain("Stopped the fleet");
    expect(await probed.fleet.exited()).toBe(0);
  });

  it("is cut short by a second signal", async () => {
    const probed = await start("hello.mjs", { args: ["--shutdown-delay", "1m"] });
    await probed.fleet.ready();
    probed.fleet.process.kill("SIGTERM");
    await probed.until("200 503 200");
    // Within 200 ms it would be an echo of the first.
    await new Promise((resolve) => setTimeout(resolve, 250));
    probed.fleet.process.kill("SIGTERM");
    expect(await probed.fleet.exited(5000)).toBe(1);
  });
});
