import { expect, it } from "vitest";
import { Carried } from "../../../src/worker/forward/carried.js";

it("a tunnel is ended once, and counted if it was open then", () => {
  const carried = new Carried();
  const ended: string[] = [];
  const tunnelOf = (name: string) => ({ mayEnd: () => true, end: () => ended.push(name) });
  carried.tunnel(tunnelOf("a"));
  const gone = carried.tunnel(tunnelOf("b"));
  gone();
  const open = carried.tunnels;
  for (const tunnel of [...open, ...open]) tunnel.close();
  expect([ended, carried.closed, carried.tunnels]).toEqual([["a"], 1, []]);
});

it("a tunnel by which the client has not upgraded yet is left alone until it has", () => {
  const carried = new Carried();
  let upgraded = false;
  carried.tunnel({ mayEnd: () => upgraded, end: () => {} });
  expect(carried.tunnels).toEqual([]);
  upgraded = true;
  expect(carried.tunnels).toHaveLength(1);
});

it("requests are hurried while they last, and at once when they come later", () => {
  const carried = new Carried();
  const hurried: string[] = [];
  const gone = carried.request(() => hurried.push("a"));
  expect(hurried).toEqual([]);
  carried.hurry();
  carried.request(() => hurried.push("b"));
  gone();
  carried.hurry();
  expect(hurried).toEqual(["a", "b", "b"]);
});
