/** Promise: what cannot be a site is refused with one sentence that says what, where, why and what to do instead; and nobody from outside is let in. */

import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { dialGateway } from "../../src/worker/remote/dial-gateway.js";
import { connected, newClient } from "../helpers/every-transport.js";
import { get } from "../helpers/http-client.js";
import type { TestHost } from "../helpers/site/host.js";
import { TestSite } from "../helpers/site/site.js";

const SECRET = "the secret of all hosts of this site";
/** Of a gateway, and of one that nobody answers for. Milliseconds. */
const PATIENCE = 20_000;

let site: TestSite;
let first: TestHost;

beforeAll(async () => {
  site = await TestSite.start({ hosts: 1, workers: 1, args: ["--site-secret", SECRET] });
  [first] = site.hosts as [TestHost];
});
afterAll(() => site?.end());

/** What a fleet that is refused says: one sentence, no stack. */
async function refusalOf(args: readonly string[]): Promise<{ code: number | null; said: string[] }> {
  const host = await site.launch({ workers: 1, args });
  const code = await host.fleet.exited();
  site.hosts.pop();
  const said = host.fleet.stderr.trim().split("\n");
  await host.fleet.stop();
  return { code, said };
}

it.each([
  ["a URL of something else", ["--redis", "http://10.0.0.5:6379"], /http:\/\/10\.0\.0\.5:6379.*redis:\/\//],
  [
    "another secret under the same prefix",
    ["--site-secret", "the secret of some other site"],
    /cannot join the site "holdfast".*another --site-secret.*--redis-prefix/,
  ],
])("%s: exit 2, one sentence", async (_, args, sentence) => {
  const { code, said } = await refusalOf(args);
  expect({ code, said }).toEqual({ code: 2, said: [expect.stringMatching(sentence)] });
  expect(said.join()).not.toContain("secret of some other");
  // The site that was there does not notice.
  expect((await first.fleet.status()).site).toMatchObject({ redis: "up", hosts: [] });
});

it("a Redis that has no address: exit 1 when --redis-wait is over, and why", async () => {
  const { code, said } = await refusalOf([
    ...["--redis", "redis://no-such-host.invalid:6379"],
    ...["--redis-wait", "1s"],
  ]);
  expect(code).toBe(1);
  expect(said.at(-1)).toMatch(/--redis-wait \(.*(ENOTFOUND|EAI_AGAIN) no-such-host\.invalid\)+\. Start/);
  expect(said.join("\n")).not.toMatch(/^ {4}at /m);
});

it("a gateway lets in nobody who does not know the secret, whatever it sends, and says so once", async () => {
  const second = await site.launch();
  await second.fleet.ready();
  await site.complete();
  const [seen] = (await second.fleet.status()).site?.hosts ?? [];
  if (seen === undefined) throw new Error("the second host knows the first");
  const { address, port } = seen;
  const forgeries: readonly (() => Promise<unknown>)[] = [
    () => answerTo(address, port, "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\n\r\n"),
    () => answerTo(address, port, "\x00\x01\x02 no request at all\r\n\r\n"),
    async () => dialGateway(await second.number(), { ...seen, token: "x" }, 0, { secret: "ab".repeat(32) }),
  ];
  for (const forgery of forgeries) {
    const before = await refused();
    const answer = await forgery().catch((error: Error) => error);
    if (typeof answer === "string") expect(answer).toMatch(/^HTTP\/1\.1 4\d\d |^$/);
    else expect(answer).toBeInstanceOf(Error);
    await first.fleet.until("refused", async () => (await refused()) > before);
  }
  const { site: now, sessions } = await first.fleet.status();
  expect(now?.forward).toMatchObject({ accepted: 0, open: 0 });
  expect(sessions).toBe(0);
  const said = first.fleet.stderr.split("\n").filter((line) => line.includes("was refused"));
  expect(said).toHaveLength(1);
  await second.fleet.stop();
  site.hosts.pop();
});

async function refused(): Promise<number> {
  return (await first.fleet.status()).site?.forward.refused ?? 0;
}

/** Everything that comes back until the other side closes. */
async function answerTo(address: string, port: number, text: string): Promise<string> {
  const socket = connect(port, address).setTimeout(PATIENCE, () => socket.destroy(new Error("not closed")));
  let answer = "";
  socket.setEncoding("utf8").on("data", (part: string) => {
    answer += part;
  });
  socket.write(text);
  await once(socket, "close");
  return answer;
}

it("an advertised address that cannot be reached: its strays are refused at once, and one sentence names it", async () => {
  const nobody = first.place.address.replace(/\d+$/, "250");
  const second = await site.launch({ args: ["--advertise", `${nobody}:7600`] });
  await second.fleet.ready();
  await site.complete();
  const socket = newClient(second.url, "websocket");
  await connected(socket);
  const { id } = socket.io.engine as unknown as { id: string };
  const stray = () => get(`${first.url}/socket.io/?EIO=4&transport=polling&sid=${id}`);
  expect(JSON.parse(await stray())).toEqual({ code: 1, message: "Session ID unknown" });
  const sentences = (): string[] =>
    `${first.fleet.stdout}${first.fleet.stderr}`
      .split("\n")
      .filter((line) => line.includes(`${nobody}:7600`));
  await first.fleet.until("said", () => sentences().length > 0);
  expect(sentences()).toEqual([expect.stringContaining(`host ${await second.number()}`)]);
  expect(JSON.parse(await stray())).toEqual({ code: 1, message: "Session ID unknown" });
  socket.disconnect();
});
