/** Promise: who follows docs/deploy/systemd.md has a service under a real systemd that does what the page says. */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { talk } from "../helpers/every-transport.js";
import { freePorts, freeRow } from "../helpers/free-ports.js";
import { ROOT } from "../helpers/holdfast-command.js";
import { get, Load } from "../helpers/http-client.js";
import { type Ended, noSystemd, RealSystemd } from "../helpers/real-systemd.js";

const impossible = noSystemd();
if (impossible !== undefined)
  console.error(`\nNOT TESTED: units under a real systemd, because ${impossible}.\n`);

type Answer = { pid: number; slot: number; args: string[]; words?: string; user: number };

/** An account that every Debian has. */
const USER = "daemon";

let systemd: RealSystemd;
let port: number;
let row: number;
beforeAll(async () => {
  if (impossible !== undefined) return;
  systemd = await RealSystemd.boot();
  systemd.app.copy("systemd/chat.mjs", "app.mjs");
  systemd.app.write("package.json", JSON.stringify({ name: "chat", type: "module" }));
  systemd.app.link("node_modules/holdfast", "/srv/holdfast");
  systemd.app.link("node_modules/socket.io", "/srv/holdfast/node_modules/socket.io");
  [port = 0] = await freePorts(1);
  row = await freeRow(2);
});
afterAll(() => systemd?.stop());

const page = readFileSync(join(ROOT, "docs/deploy/systemd.md"), "utf8");
const commands = [...page.matchAll(/^```sh\n(.*?)^```/gms)].flatMap(([, block = ""]) =>
  block.trim().split("\n"),
);

/** Types a line of the page; its port, user and number of workers are for examples. */
async function type(line: string): Promise<Ended> {
  const words = line
    .replace("--port 3000", `--port ${port}`)
    .replace("ports:4000", `ports:${row}`)
    .replace("--run-as chat", `--run-as ${USER}`)
    .replace("--workers 4", "--workers 2")
    .replace(/^sudo /, "")
    .split(" ");
  return systemd.run(...words.flatMap((word) => (word === "holdfast" ? holdfastWords() : [word])));
}

const holdfastWords = (): string[] => [process.execPath, "/srv/holdfast/dist/cli/main.js"];
const holdfast = (...args: string[]): Promise<Ended> => systemd.run(...holdfastWords(), ...args);
const systemctl = (...args: string[]): Promise<Ended> => systemd.run("systemctl", ...args);

async function typeAll(from: number, to: number): Promise<string> {
  let text = "";
  for (const line of commands.slice(from, to)) {
    const ended = await type(line);
    expect({ line, ...ended }).toMatchObject({ code: 0 });
    text += ended.text;
  }
  return text;
}

const ask = async (at = port): Promise<Answer> => JSON.parse(await get(`http://127.0.0.1:${at}/`)) as Answer;

/** A unit's own lines, besides those that were written for it. */
function dropIn(unit: string, lines: string): void {
  const folder = join(systemd.units, `${unit}.d`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "test.conf"), lines);
}

describe.skipIf(impossible !== undefined)("the page, typed", () => {
  it("gives a service that is ready, answers, and says how it is", async () => {
    expect(commands.slice(0, 4).join("\n")).toMatch(
      /^sudo holdfast unit .* --socket [\s\S]*\nsystemctl status chat --no-pager$/,
    );
    const text = await typeAll(0, 4);
    expect(text).toContain("which systemd accepts.");
    expect(text).toMatch(/Active: active \(running\)/);
    expect(text).toContain('Status: "2 of 2 workers ready, 0 sessions"');
    const { user, pid } = await ask();
    expect(user).toBe(1);
    expect(Number(await systemd.property("chat", "MainPID"))).not.toBe(pid);
    for (const transport of ["polling", "websocket", "upgrade"] as const) {
      expect((await talk(`http://127.0.0.1:${port}`, transport, 4)).errors).toEqual([]);
    }
  });

  it("reloads without a refused client, and does not where the new code is broken", async () => {
    const load = new Load(`http://127.0.0.1:${port}/`);
    const before = await systemd.property("chat", "MainPID");
    const [reload = ""] = commands.slice(4, 5);
    expect(reload).toBe("sudo systemctl reload chat");
    expect((await type(reload)).code).toBe(0);
    systemd.app.write("broken", "");
    const failed = await type(reload);
    expect(failed.code).not.toBe(0);
    expect(await systemd.property("chat", "StatusText")).toBe("2 of 2 workers ready, 0 sessions");
    await systemd.run("rm", "broken");
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(load.answers.length).toBeGreaterThan(0);
    expect(await systemd.property("chat", "MainPID")).toBe(before);
    expect(await systemd.property("chat", "ActiveState")).toBe("active");
  });

  it("restarts without a refused client", async () => {
    const load = new Load(`http://127.0.0.1:${port}/`);
    const before = await systemd.property("chat", "MainPID");
    const text = await typeAll(5, 8);
    // What `holdfast status` prints.
    expect(text).toMatch(/\bready\b[\s\S]*\bready\b/);
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(load.answers.length).toBeGreaterThan(0);
    expect(await systemd.property("chat", "MainPID")).not.toBe(before);
  });

  it("gives a template whose instances are slots with ports of their own, and one fleet", async () => {
    const last = commands.slice(8);
    expect(last[0]).toMatch(/--template/);
    expect(await typeAll(8, commands.length)).toMatch(
      /Active: active \(running\)[\s\S]*Active: active \(running\)/,
    );
    for (const slot of [0, 1]) {
      const answers = async (): Promise<boolean> =>
        (await ask(row + slot).catch(() => undefined))?.slot === slot;
      await systemd.until(`rooms@${slot} answers`, answers);
    }
    // A polling session whose requests go to both of them in turn is one session only in one fleet.
    const opened = await get(`http://127.0.0.1:${row}/socket.io/?EIO=4&transport=polling`);
    const { sid } = JSON.parse(opened.slice(1)) as { sid: string };
    const other = `http://127.0.0.1:${row + 1}/socket.io/?EIO=4&transport=polling&sid=${sid}`;
    const strayed = fetch(other, { method: "POST", body: "40" }).then((response) => response.text());
    expect(await strayed).toBe("ok");
    expect((await systemctl("stop", "rooms@0", "rooms@1")).code).toBe(0);
  });
});

describe.skipIf(impossible !== undefined)("what is written into a unit", () => {
  it("reaches the app as it was said, whatever characters it has", async () => {
    const words = `a b "c" 'd' $HOME ${"$"}{HOME} %i %% \\n ; # ü`;
    const flags = [
      "--name",
      "odd",
      "--run-as",
      USER,
      "-w",
      "1",
      "--port",
      `${row}`,
      "--env",
      `WORDS=${words}`,
    ];
    const out = ["--check", "--out", "/etc/systemd/system"];
    const { code, text } = await holdfast(
      "unit",
      "app.mjs",
      ...flags,
      ...out,
      "--",
      ...words.split(" "),
      words,
      "",
    );
    expect({ code, text }).toMatchObject({ code: 0 });
    await systemctl("daemon-reload");
    expect((await systemctl("start", "odd")).code).toBe(0);
    expect(await ask(row)).toMatchObject({ words, args: [...words.split(" "), words, ""] });
    expect((await systemctl("stop", "odd")).code).toBe(0);
    expect(await systemd.property("odd", "Result")).toBe("success");
  });

  it("gives way to --boot-timeout: systemd is as patient as Holdfast", async () => {
    dropIn("odd.service", "[Service]\nTimeoutStartSec=1\nEnvironment=BOOT_TAKES=2500\n");
    await systemctl("daemon-reload");
    expect((await systemctl("start", "odd")).code).toBe(0);
    expect(await systemd.property("odd", "NRestarts")).toBe("0");
    expect((await systemctl("stop", "odd")).code).toBe(0);
  });

  it("is not tried again where a setting is wrong", async () => {
    dropIn("odd.service", "[Service]\nEnvironment=HOLDFAST_POLICY=luck\n");
    await systemctl("daemon-reload");
    expect((await systemctl("start", "odd")).code).not.toBe(0);
    await systemd.until("failed", async () => (await systemd.property("odd", "ActiveState")) === "failed");
    expect(await systemd.property("odd", "ExecMainStatus")).toBe("2");
    expect(await systemd.property("odd", "NRestarts")).toBe("0");
  });
});

describe.skipIf(impossible !== undefined)("the watchdog", () => {
  const hang = async (which: (pid: number) => string): Promise<void> => {
    const main = Number(await systemd.property("chat", "MainPID"));
    const restarts = Number(await systemd.property("chat", "NRestarts"));
    await systemd.run("/bin/sh", "-c", which(main));
    await systemd.until(
      "restarted",
      async () => Number(await systemd.property("chat", "NRestarts")) > restarts,
    );
    await systemd.until("ready", async () => (await systemd.property("chat", "SubState")) === "running");
    expect(Number(await systemd.property("chat", "MainPID"))).not.toBe(main);
    expect((await ask()).user).toBe(1);
  };

  it("starts the fleet again when its primary hangs, and when all its workers do", async () => {
    dropIn("chat.service", "[Service]\nWatchdogSec=2\n");
    await systemctl("daemon-reload");
    expect((await systemctl("restart", "chat")).code).toBe(0);
    await hang((pid) => `kill -STOP ${pid}`);
    // Its two workers, and not a systemd-notify that happens to run.
    const children = (pid: number): string => `$(cat /proc/${pid}/task/${pid}/children)`;
    await hang(
      (pid) =>
        `for p in ${children(pid)}; do grep -q preload.js /proc/$p/cmdline && kill -STOP $p; done; true`,
    );
  });
});
