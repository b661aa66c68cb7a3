/** Every kind of Redis that a URL can name, for real: messages flow, and what refuses us is said in one sentence. */

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join as pathOf } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { createRedisSite } from "../../../src/bridge/redis-site.js";
import type { RedisSite } from "../../../src/bridge/redis-site-types.js";
import { type Heard, until, writingDown } from "../../contract/site/rig.js";
import { makeCertificate } from "../../helpers/certificate.js";
import { freePorts } from "../../helpers/free-ports.js";
import { type RedisServer, startRedis } from "../../helpers/redis.js";
import { type JoinSettings, siteSettings } from "../../helpers/redis-hosts.js";
import { temporaryDirectory } from "../../helpers/temporary.js";

const servers: RedisServer[] = [];
const sites: RedisSite[] = [];

afterEach(async () => {
  await Promise.all(sites.splice(0).map((site) => site.leave()));
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

async function start(...args: Parameters<typeof startRedis>): Promise<RedisServer> {
  const server = await startRedis(...args);
  servers.push(server);
  return server;
}

async function join(settings: JoinSettings): Promise<{ site: RedisSite; heard: Heard[] }> {
  const heard: Heard[] = [];
  const site = await createRedisSite(siteSettings({ lease: 600, ...settings }), writingDown(heard));
  sites.push(site);
  return { site, heard };
}

/** Two hosts meet, and each gets a thousand messages of the other, in order. */
async function messagesFlow(settings: JoinSettings): Promise<void> {
  const [one, two] = await Promise.all([join(settings), join(settings)]);
  await until(() => one.site.hosts().length === 1 && two.site.hosts().length === 1);
  const numbers = Array.from({ length: 1000 }, (_, index) => `${index}`);
  for (const number of numbers) {
    one.site.send([two.site.self], Buffer.from(number));
    two.site.send(two.site.hosts(), Buffer.from(number));
  }
  for (const [{ heard }, { site }] of [
    [one, two],
    [two, one],
  ] as const) {
    await until(() => heard.length >= 1001);
    expect(heard).toEqual([
      `up ${site.self.host}`,
      ...numbers.map((number) => `${site.self.host}: ${number}`),
    ]);
  }
}

function aclArgs(...users: string[]): string[] {
  return users.flatMap((user) => ["--user", ...user.split(" ")]);
}

const refusal = (joining: Promise<unknown>) =>
  joining.then(
    () => undefined,
    (error: Error) => error,
  );

describe("messages flow over", () => {
  it("a server where the user has the rights that the guide lists, and a database of one's own", async () => {
    const guide = readFileSync(new URL("../../../docs/several-hosts.md", import.meta.url), "utf8");
    const user = /`ACL SETUSER (fleet on >password [^`]+)`/.exec(guide)?.[1] ?? "";
    const server = await start(aclArgs(user.replace("password", "pass:word@1"), "default off"));
    const url = server.url.replace("redis://", "redis://fleet:pass%3Aword%401@");
    await messagesFlow({ url: `${url}/3` });
  });

  it("a Unix socket", async () => {
    const folder = temporaryDirectory();
    await start(["--unixsocket", pathOf(folder.path, "redis.sock")]);
    await messagesFlow({ url: `redis+unix://${folder.path}/redis.sock` });
    folder.remove();
  });

  it("TLS, with certificates of both sides", async () => {
    const folder = temporaryDirectory();
    const { key, cert } = makeCertificate(folder.path);
    const [port] = (await freePorts(1)) as [number];
    const files = ["--tls-cert-file", cert, "--tls-key-file", key, "--tls-ca-cert-file", cert];
    await start(["--port", "0", "--tls-port", `${port}`, ...files], { port });
    const url = `rediss://127.0.0.1:${port}`;
    await messagesFlow({ url, ca: cert, cert, key });
    expect(await refusal(join({ url, cert, key }))).toMatchObject({ code: "ERR_REDIS_TLS" });
    folder.remove();
  });

  it("plain channels, where the site began on a Redis without sharded ones", async () => {
    const { url, port } = await start();
    const site = [
      "hset",
      "{holdfast}:site",
      "format",
      "1",
      "channels",
      "plain",
      "secret",
      "made by the first",
    ];
    execFileSync("redis-cli", ["-p", `${port}`, ...site]);
    await messagesFlow({ url });
    const command = (name: string) =>
      execFileSync("redis-cli", ["-p", `${port}`, "pubsub", name], { encoding: "utf8" });
    expect(command("channels")).toContain("{holdfast:");
    expect(command("shardchannels").trim()).toBe("");
  });

  it("a cluster of three, with channels of each host on one of them", async () => {
    const ports = await freePorts(6);
    const args = ["--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf", "--cluster-port"];
    const nodes = await Promise.all(
      ports.slice(0, 3).map((port, index) => start([...args, `${ports[index + 3]}`], { port })),
    );
    const places = nodes.map(({ port }) => `127.0.0.1:${port}`);
    execFileSync("redis-cli", ["--cluster", "create", ...places, "--cluster-yes"], { stdio: "pipe" });
    await messagesFlow({ url: `redis+cluster://${places.slice(0, 2).join(",")}` });
  });

  it("the master that a sentinel names", async () => {
    const master = await start();
    const folder = temporaryDirectory();
    const file = pathOf(folder.path, "sentinel.conf");
    writeFileSync(file, `sentinel monitor mymaster 127.0.0.1 ${master.port} 1\n`);
    const sentinel = await start(["--sentinel"], { begin: [file] });
    await messagesFlow({ url: `redis+sentinel://127.0.0.1:${sentinel.port}/mymaster` });
    folder.remove();
  });
});

describe("refused in one sentence, which does not show the password:", () => {
  it("a wrong password, and none", async () => {
    const { url, port } = await start(["--requirepass", "right"]);
    const wrong = await refusal(join({ url: url.replace("redis://", "redis://:wrong@") }));
    expect(wrong).toMatchObject({ code: "ERR_REDIS_LOGIN" });
    expect(wrong?.message).toMatch(
      new RegExp(`^Redis at redis://127\\.0\\.0\\.1:${port} refuses the login \\(WRONGPASS `),
    );
    expect(wrong?.message).not.toContain("wrong@");
    expect(await refusal(join({ url }))).toMatchObject({ code: "ERR_REDIS_LOGIN" });
  });

  it("a user that may not do what a site needs", async () => {
    const { url } = await start(aclArgs("fleet on >secret ~other:* &* +@all"));
    const error = await refusal(join({ url: url.replace("redis://", "redis://fleet:secret@") }));
    expect(error).toMatchObject({
      code: "ERR_REDIS_LOGIN",
      message: expect.stringContaining("does not allow"),
    });
  });

  it("a file for TLS that is not there", async () => {
    const error = await refusal(join({ url: "rediss://127.0.0.1:1", ca: "/nowhere/ca.pem" }));
    expect(error).toMatchObject({
      code: "ERR_REDIS_TLS",
      message: expect.stringContaining("/nowhere/ca.pem"),
    });
  });
});
