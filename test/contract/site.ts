/** Contract: what carries messages between the bridges of a site keeps; see src/bridge/site.ts. Run by one test file for each carrier. */

import { describe, expect, it } from "vitest";
import { messagesIn, type RigHost, type SiteRig, until, useHosts, writingDown } from "./site/rig.js";

const text = (words: string) => Buffer.from(words);
const numbered = (count: number) => Array.from({ length: count }, (_, index) => index);

export function siteContract(name: string, open: () => Promise<SiteRig>): void {
  describe(`${name} keeps the contract of a site:`, () => {
    const hosts = useHosts(open);

    it("hosts learn of each other, each once, and never of themselves", async () => {
      const all = await (await hosts()).several(3);
      for (const { heard, site } of all) {
        const others = all.map((other) => other.site.self.host).filter((host) => host !== site.self.host);
        expect(heard.toSorted()).toEqual(others.map((host) => `up ${host}`).toSorted());
        expect(
          site
            .hosts()
            .map(({ host }) => host)
            .toSorted(),
        ).toEqual(others.toSorted());
      }
    });

    it("the list of hosts is the same object until somebody comes or goes", async () => {
      const rig = await hosts();
      const [one] = (await rig.several(2)) as [RigHost];
      const before = one.site.hosts();
      expect(one.site.hosts()).toBe(before);
      await rig.join();
      expect(one.site.hosts()).not.toBe(before);
    });

    it("a message reaches those it is for, unchanged, and nobody else", async () => {
      const [one, two, three] = (await (await hosts()).several(3)) as [RigHost, RigHost, RigHost];
      const bytes = Buffer.from(numbered(256));
      one.site.send([two.site.self], bytes);
      one.site.send(one.site.hosts(), text("end"));
      await until(() => [two, three].every(({ heard }) => heard.at(-1) === "0: end"));
      expect(messagesIn(two.heard)).toEqual([`0: ${bytes.toString("latin1")}`, "0: end"]);
      expect(messagesIn(three.heard)).toEqual(["0: end"]);
      expect(messagesIn(one.heard)).toEqual([]);
    });

    it("an empty message arrives", async () => {
      const [one, two] = (await (await hosts()).several(2)) as [RigHost, RigHost];
      one.site.send([two.site.self], Buffer.alloc(0));
      await until(() => two.heard.includes("0: "));
    });

    it("a message of a megabyte arrives whole", async () => {
      const [one, two] = (await (await hosts()).several(2)) as [RigHost, RigHost];
      const large = Buffer.alloc(1024 * 1024, "abcdefg");
      one.site.send([two.site.self], large);
      await until(() => messagesIn(two.heard).length === 1);
      expect(messagesIn(two.heard)[0] === `0: ${large}`).toBe(true);
    });

    it("messages of one host reach each other one in order, each once, to whomever they are", async () => {
      const [one, two, three] = (await (await hosts()).several(3)) as [RigHost, RigHost, RigHost];
      const ways = [[two.site.self], [three.site.self], one.site.hosts()];
      for (const index of numbered(3000)) {
        one.site.send(ways[(index * 7) % 3] ?? [], text(`${index}`));
        if (index % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      one.site.send(one.site.hosts(), text("end"));
      await until(() => [two, three].every(({ heard }) => heard.at(-1) === "0: end"));
      const forTwo = numbered(3000).filter((index) => (index * 7) % 3 !== 1);
      expect(messagesIn(two.heard)).toEqual([...forTwo, "end"].map((word) => `0: ${word}`));
      const forThree = numbered(3000).filter((index) => (index * 7) % 3 !== 0);
      expect(messagesIn(three.heard)).toEqual([...forThree, "end"].map((word) => `0: ${word}`));
      expect(two.heard.filter((line) => line.startsWith("lost"))).toEqual([]);
    });

    it("what is for all living hosts is published once, else once for each", async () => {
      const [one, two, three] = (await (await hosts()).several(4)) as [RigHost, RigHost, RigHost];
      one.site.send(one.site.hosts(), text("all"));
      await until(() => one.site.counters.published === 1);
      one.site.send([two.site.self, three.site.self], text("two"));
      await until(() => three.heard.includes("0: two"));
      expect(one.site.counters.published).toBe(3);
    });

    it("who comes gets what is sent as soon as it is known, and both can speak at once", async () => {
      const rig = await hosts();
      const [one] = (await rig.several(1)) as [RigHost];
      const { heard, site } = await rig.join();
      one.site.send([site.self], text("welcome"));
      site.send([one.site.self], text("hello"));
      await until(() => heard.includes("0: welcome") && one.heard.includes("1: hello"));
      expect(heard).toEqual(["up 0", "0: welcome"]);
      expect(one.heard).toEqual(["up 1", "1: hello"]);
    });

    it("who leaves is told of after its last message, and gets nothing any more", async () => {
      const [one, two] = (await (await hosts()).several(2)) as [RigHost, RigHost];
      for (const index of numbered(100)) two.site.send([one.site.self], text(`${index}`));
      await two.site.leave();
      await until(() => one.heard.includes("down 1"));
      expect(one.heard).toEqual(["up 1", ...numbered(100).map((index) => `1: ${index}`), "down 1"]);
      expect(one.site.hosts()).toEqual([]);
      one.site.send([two.site.self], text("too late"));
      expect(one.site.counters.published).toBe(0);
    });

    it("who is killed is told of, and nobody else is", async () => {
      const [one, two, three] = (await (await hosts()).several(3)) as [RigHost, RigHost, RigHost];
      two.kill();
      await until(() => [one, three].every(({ heard }) => heard.includes("down 1")));
      expect(one.heard.filter((line) => line.startsWith("down"))).toEqual(["down 1"]);
      expect(one.site.hosts().map(({ host }) => host)).toEqual([2]);
    });

    it("what waited while Redis was away arrives in order, and that something may be missing is told", async () => {
      const rig = await hosts();
      const [one, two] = (await rig.several(2)) as [RigHost, RigHost];
      await rig.rig.away(() => {
        for (const index of numbered(10)) one.site.send([two.site.self], text(`${index}`));
        one.site.send([two.site.self], text("volatile"), true);
        expect(one.site.redis.up).toBe(false);
        expect(one.site.queuedBytes).toBeGreaterThan(0);
      });
      one.site.send([two.site.self], text("end"));
      await until(() => two.heard.includes("0: end") && two.heard.includes("lost 0"));
      const numbers = messagesIn(two.heard)
        .slice(0, -1)
        .map((line) => Number(line.slice(3)));
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
      expect(new Set(numbers).size).toBe(numbers.length);
      expect(one.site.counters.dropped.volatile).toBe(1);
      expect(two.heard).not.toContain("down 0");
      expect(one.site.redis).toMatchObject({ up: true, why: null });
    });

    it("what waits is bounded while Redis is away; what was dropped is counted, and the receiver is told", async () => {
      const rig = await hosts();
      const [one, two] = (await rig.several(2)) as [RigHost, RigHost];
      const block = Buffer.alloc(256 * 1024);
      await rig.rig.away(() => {
        for (let count = 0; count < 100; count++) one.site.send([two.site.self], block);
        expect(one.site.queuedBytes).toBeLessThanOrEqual(16.5 * 1024 * 1024);
        expect(one.site.counters.dropped.overflow).toBeGreaterThanOrEqual(100 - 66);
      });
      await until(() => one.site.queuedBytes === 0);
      one.site.send([two.site.self], text("end"));
      await until(() => two.heard.includes("0: end") && two.heard.includes("lost 0"));
      const arrived = messagesIn(two.heard).length - 1;
      expect(arrived + one.site.counters.dropped.overflow).toBeLessThanOrEqual(100);
    });

    it("nothing of another site arrives", async () => {
      const rig = await hosts();
      const [one, two] = (await rig.several(2)) as [RigHost, RigHost];
      const foreign: string[] = [];
      const other = await rig.rig.joinOther(writingDown(foreign));
      other.site.send([one.site.self], text("foreign"));
      one.site.send(one.site.hosts(), text("own"));
      await until(() => two.heard.includes("0: own"));
      expect([...foreign, ...other.site.hosts()]).toEqual([]);
      expect(messagesIn(one.heard)).toEqual([]);
    });
  });
}
