/** Redis and hosts that fail, for real: what a host of a site sees, and what it says. */

import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { RedisSite } from "../../../src/bridge/redis-site-types.js";
import { type Heard, messagesIn, until, writingDown } from "../../contract/site/rig.js";
import { type RedisServer, startRedis } from "../../helpers/redis.js";
import { type JoinSettings, RedisHosts, type Relay } from "../../helpers/redis-hosts.js";

type Host = {
  readonly site: RedisSite;
  readonly relay: Relay;
  readonly heard: Heard[];
  readonly said: string[];
};

let redis: RedisServer;
let hosts: RedisHosts;

beforeAll(async () => {
  redis = await startRedis();
});
beforeEach(() => {
  hosts = new RedisHosts(redis.port, { lease: 600 });
});
afterEach(() => hosts.close());
afterAll(() => redis.stop());

async function join(settings: JoinSettings = {}): Promise<Host> {
  const heard: Heard[] = [];
  const said: string[] = [];
  const write = (_level: string, event: string, sentence: string) => said.push(`${event}: ${sentence}`);
  return { ...(await hosts.join(writingDown(heard), { said: write, ...settings })), heard, said };
}

async function joinAll(all: readonly JoinSettings[]): Promise<Host[]> {
  const joined = await Promise.all(all.map((settings) => join(settings)));
  await until(() => joined.every(({ site }) => site.hosts().length === all.length - 1));
  return joined;
}

const refusal = (joining: Promise<unknown>) =>
  joining.then(
    () => undefined,
    (error: Error) => error,
  );
const text = (words: string) => Buffer.from(words);

describe("Redis that fails:", () => {
  it("killed and restarted without its data: hosts put themselves back with their numbers, and tell what may be missing", async () => {
    const all = await joinAll([{}, {}, {}]);
    const numbers = all.map(({ site }) => site.self.host);
    await redis.kill();
    await until(() => all.every(({ site }) => !site.redis.up));
    await redis.restart();
    await until(() => all.every(({ heard }) => heard.filter((line) => line.startsWith("lost")).length >= 2));
    const [one, two, three] = all as [Host, Host, Host];
    one.site.send(one.site.hosts(), text("after"));
    await until(() => [two, three].every(({ heard }) => messagesIn(heard).length === 1));
    expect(all.map(({ site }) => site.self.host)).toEqual(numbers);
    expect(all.flatMap(({ heard }) => heard).filter((line) => line.startsWith("down"))).toEqual([]);
    for (const { said } of all)
      expect(said.map((line) => line.split(":")[0])).toEqual(["redis-away", "redis-back"]);
    // A host that comes now is of the same site: the secret was put back, too.
    const late = await join();
    await until(() => late.site.hosts().length === 3);
    expect(late.site.secret).toBe(one.site.secret);
    expect(numbers).not.toContain(late.site.self.host);
  });

  it("stopped for five leases: that is said, nobody is declared dead, and everything goes on", async () => {
    const [one, two] = (await joinAll([{}, {}])) as [Host, Host];
    redis.pause();
    try {
      await until(() => !one.site.redis.up && !two.site.redis.up);
      expect(one.site.redis.why).toMatch(/^no answer for \d+ ms$/);
      one.site.send([two.site.self], text("meanwhile"));
      const from = performance.now();
      while (performance.now() - from < 3000) {
        one.site.send([two.site.self], Buffer.alloc(128 * 1024));
        await sleep(10);
      }
      expect(one.site.queuedBytes).toBeLessThan(17 * 1024 * 1024);
      expect(one.site.counters.dropped.overflow).toBeGreaterThan(0);
    } finally {
      redis.resume();
    }
    await until(() => one.site.redis.up && two.site.redis.up && one.site.queuedBytes === 0);
    one.site.send([two.site.self], text("end"));
    await until(() => two.heard.at(-1)?.endsWith(": end") === true);
    expect(messagesIn(two.heard)[0]).toMatch(/: meanwhile$/);
    expect(two.heard.filter((line) => line.startsWith("lost"))).toHaveLength(1);
    expect([...one.heard, ...two.heard].filter((line) => line.startsWith("down"))).toEqual([]);
  });

  it("not there at the start: that is said once, and the host joins as soon as it comes", async () => {
    const late = await startRedis();
    await late.kill();
    const said: string[] = [];
    const write = (_level: string, event: string, sentence: string) => said.push(`${event}: ${sentence}`);
    const elsewhere = new RedisHosts(late.port, { lease: 600, said: write });
    const joining = elsewhere.join();
    await until(() => said.length > 0);
    await late.restart();
    const { site } = await joining;
    await until(() => site.redis.up);
    expect(said.map((line) => line.split(":")[0])).toEqual(["redis-away", "redis-back"]);
    await elsewhere.close();
    await late.stop();
  });

  it("stopped at the start: that is said, and the host joins as soon as it goes on", async () => {
    const said: string[] = [];
    redis.pause();
    const joining = join({ said: (_level, event, sentence) => said.push(`${event}: ${sentence}`) });
    await until(() => said.length > 0).finally(() => redis.resume());
    await joining;
    expect(said[0]).toMatch(/^redis-away: Redis does not answer \(no answer for 600 ms\); /);
    expect(said[1]).toBe("redis-back: Redis answers");
  });

  it("not there at the start: the wait can be ended", async () => {
    const ended = new AbortController();
    const joining = refusal(join({ url: "redis://127.0.0.1:1", signal: ended.signal }));
    ended.abort(new Error("no longer wanted"));
    expect((await joining)?.message).toBe("no longer wanted");
  });
});

describe("hosts that fail:", () => {
  it("killed: it is gone after its lease, and its number can be asked for then", async () => {
    const [one, two] = (await joinAll([{}, { host: 7 }])) as [Host, Host];
    two.relay.cut();
    const again = await join({ host: 7 });
    expect(again.said[0]).toMatch(/^host-number-wait: .*host number 7 stands in Redis as that of fleet /);
    await until(() => one.heard.includes("down 7") && one.site.hosts()[0]?.token === again.site.self.token);
    expect(one.heard.filter((line) => line.endsWith(" 7"))).toEqual(["up 7", "down 7", "up 7"]);
  });

  it("cut off from Redis only: the others take it for gone; back again, both sides speak at once", async () => {
    const [one, two] = (await joinAll([{ host: 1 }, { host: 2 }])) as [Host, Host];
    two.relay.cut();
    await until(() => one.heard.includes("down 2"));
    expect(two.site.redis.up).toBe(false);
    expect(two.site.hosts()).toHaveLength(1);
    two.relay.mend();
    await until(() => one.heard.filter((line) => line === "up 2").length === 2);
    await until(() => two.heard.filter((line) => line === "up 1").length === 2);
    expect(two.heard.slice(0, 3).filter((line) => line === "down 1")).toHaveLength(1);
    one.site.send([two.site.self], text("there"));
    two.site.send([one.site.self], text("back"));
    await until(() => two.heard.includes("1: there") && one.heard.includes("2: back"));
  });

  it("cut off until another has its number: it stays out and says so, and is back when the other is gone", async () => {
    const [one, two] = (await joinAll([{ host: 1 }, { host: 2 }])) as [Host, Host];
    two.relay.cut();
    const other = await join({ host: 2 });
    two.relay.mend();
    await until(() => two.said.some((line) => line.startsWith("site-left:")));
    expect(two.said.find((line) => line.startsWith("site-left:"))).toContain(
      `fleet ${other.site.self.fleet}`,
    );
    expect(two.site.hosts()).toEqual([]);
    await until(() => one.site.hosts()[0]?.token === other.site.self.token);
    await other.site.leave();
    await until(() => one.site.hosts()[0]?.token === two.site.self.token);
    expect(two.said.at(-1)).toBe("site-joined: this host is part of its site again");
  });

  it("a bridge that starts again with its token has its number at once, and for the others it is a new life", async () => {
    const [one, two] = (await joinAll([{}, { token: "the same" }])) as [Host, Host];
    const { host } = two.site.self;
    two.relay.cut();
    const again = await join({ host, token: "the same" });
    expect(again.said).toEqual([]);
    await until(() => one.heard.filter((line) => line === `up ${host}`).length === 2);
    expect(one.heard).toEqual([`up ${host}`, `down ${host}`, `up ${host}`]);
  });
});

describe("numbers:", () => {
  it("ten hosts that start at the same moment on an empty Redis have ten numbers", async () => {
    const all = await joinAll(Array.from({ length: 10 }, () => ({ fleet: "chat", prefix: "ten" })));
    expect(new Set(all.map(({ site }) => site.self.host)).size).toBe(10);
  });

  it("a number that a living host has is refused", async () => {
    await join({ host: 7 });
    expect(await refusal(join({ host: 7 }))).toMatchObject({
      code: "ERR_HOST_NUMBER",
      message: expect.stringMatching(
        /^Host number 7 is that of fleet fleet-\d+ at 127\.0\.0\.1:7000, which lives\. /,
      ),
    });
  });

  it("what a host says of its load reaches the others with its next beat", async () => {
    const [one, two] = (await joinAll([{}, { host: 9 }])) as [Host, Host];
    two.site.setLoad({ workers: 3, sessions: 120 });
    await until(() => one.heard.includes("changed 9"));
    expect(one.site.hosts()[0]).toMatchObject({ workers: 3, sessions: 120 });
  });
});

describe("secrets:", () => {
  const prefix = "with-secret";

  it("another secret with the same prefix is refused in one sentence, and nothing of it arrives", async () => {
    const theirs = { prefix, secret: "a secret of 16 letters" };
    const [one] = (await joinAll([theirs, theirs])) as [Host];
    const refused = await refusal(join({ prefix, secret: "another one of theirs" }));
    expect(refused).toMatchObject({ code: "ERR_SITE_SECRET" });
    expect(refused?.message).toMatch(
      new RegExp(`^This host cannot join the site "${prefix}" .* have another --site-secret: `),
    );
    expect((await refusal(join({ prefix })))?.message).toContain(
      "have a --site-secret, and this one has none",
    );
    expect(one.heard).toHaveLength(1);
  });

  it("a secret that nobody uses any more stands in nobody's way", async () => {
    const gone = await join({ prefix, secret: "a secret of 16 letters" });
    gone.relay.cut();
    const next = await join({ prefix, secret: "another one of theirs" });
    expect(next.site.secret).toBe("another one of theirs");
  });

  it("hosts without a secret have the one that the first of them made", async () => {
    const [one, two] = (await joinAll([{}, {}])) as [Host, Host];
    expect(one.site.secret).toMatch(/^[0-9a-f]{64}$/);
    expect(two.site.secret).toBe(one.site.secret);
  });
});
