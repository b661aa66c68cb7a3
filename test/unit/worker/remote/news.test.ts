import { expect, it } from "vitest";
import { decodeNews } from "../../../../src/worker/remote/news.js";

const host = { host: 2, token: "t", address: "10.0.0.2", port: 4000 };
const encode = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

it("reads what a bridge tells", () => {
  const news = { secret: "aa", hosts: [host] };
  expect(decodeNews(encode(news))).toEqual(news);
});

it.each([
  ["no JSON", Buffer.from("{")],
  ["null", encode(null)],
  ["no secret", encode({ hosts: [] })],
  ["an empty secret", encode({ secret: "", hosts: [] })],
  ["no hosts", encode({ secret: "aa" })],
  ["a host without a number", encode({ secret: "aa", hosts: [{ ...host, host: "2" }] })],
  ["a host without a token", encode({ secret: "aa", hosts: [{ ...host, token: 1 }] })],
  ["a host without an address", encode({ secret: "aa", hosts: [{ ...host, address: undefined }] })],
  ["a port that is none", encode({ secret: "aa", hosts: [{ ...host, port: 65_536 }] })],
])("takes nothing from what makes no sense: %s", (_what, payload) => {
  expect(decodeNews(payload)).toBeUndefined();
});
