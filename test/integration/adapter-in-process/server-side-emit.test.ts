import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Fleet, type Node, until } from "./fleet.js";

let fleet: Fleet;
let nodes: [Node, Node, Node];

beforeEach(async () => {
  fleet = await Fleet.open();
  nodes = fleet.nodes as [Node, Node, Node];
});
afterEach(() => fleet.close());

describe("serverSideEmit", () => {
  test("calls the listeners of all other workers, in order, and not of this one", async () => {
    const heard: string[] = [];
    for (const [index, { io }] of nodes.entries()) io.on("ping", (n: number) => heard.push(`${index}:${n}`));
    for (let i = 0; i < 3; i++) nodes[0].io.serverSideEmit("ping", i);
    await until(() => heard.length === 6);
    expect(heard.filter((line) => line.startsWith("1"))).toEqual(["1:0", "1:1", "1:2"]);
    expect(heard.filter((line) => line.startsWith("2"))).toEqual(["2:0", "2:1", "2:2"]);
  });

  test("carries values by JSON's rules, and keeps binary data, dates, maps and bigints", async () => {
    const heard: unknown[][] = [];
    nodes[1].io.on("values", (...args: unknown[]) => heard.push(args));
    class Point {
      readonly x = 1;
      length(): number {
        return 1;
      }
    }
    const url = new URL("http://example.test/");
    nodes[0].io.serverSideEmit(
      "values",
      Buffer.from("b"),
      new Date(1),
      new Map([[1, 2n]]),
      new Point(),
      url,
      [undefined],
    );
    await until(() => heard.length === 1);
    expect(heard[0]).toEqual([
      Buffer.from("b"),
      new Date(1),
      new Map([[1, 2n]]),
      { x: 1 },
      "http://example.test/",
      [undefined],
    ]);
    expect(Buffer.isBuffer(heard[0]?.[0])).toBe(true);
  });

  test("never throws, whatever the arguments", async () => {
    const heard: unknown[][] = [];
    nodes[1].io.on("values", (...args: unknown[]) => heard.push(args));
    const deep: unknown[] = [];
    let inner = deep;
    for (let i = 0; i < 200_000; i++) {
      const next: unknown[] = [];
      inner.push(next);
      inner = next;
    }
    nodes[0].io.serverSideEmit("values", deep, () => {}, Symbol("s"), "kept");
    await until(() => heard.length === 1);
    expect(heard[0]?.slice(1)).toEqual([undefined, undefined, "kept"]);
    expect(nodes[0].adapter.counters.unencodable).toBe(1);
  });

  test("reaches only the namespace that it was emitted in", async () => {
    const heard: string[] = [];
    nodes[1].io.on("ping", () => heard.push("/"));
    nodes[1].io.of("/other").on("ping", () => heard.push("/other"));
    nodes[0].io.of("/other").serverSideEmit("ping");
    nodes[0].io.serverSideEmit("ping");
    await until(() => heard.length === 2);
    expect(heard).toEqual(["/other", "/"]);
  });
});

describe("serverSideEmitWithAck", () => {
  test("gathers one answer of each other worker", async () => {
    for (const [index, { io }] of nodes.entries()) {
      io.on("ask", (value: number, done: (answer: unknown) => void) => {
        done({ index, value });
        done("a second answer is ignored");
      });
    }
    const answers: { index: number }[] = await nodes[0].io.serverSideEmitWithAck("ask", 9);
    answers.sort((left, right) => left.index - right.index);
    expect(answers).toEqual([
      { index: 1, value: 9 },
      { index: 2, value: 9 },
    ]);
  });

  test("of a single worker is answered at once with nothing", async () => {
    const alone = await Fleet.open({}, 1);
    expect(await alone.nodes[0]?.io.serverSideEmitWithAck("ask")).toEqual([]);
    await alone.close();
  });

  test("does not wait for workers without that namespace", async () => {
    nodes[1].io.of("/here").on("ask", (done: (answer: string) => void) => done("from 1"));
    expect(await nodes[0].io.of("/here").serverSideEmitWithAck("ask")).toEqual(["from 1"]);
  });

  test("does not wait for a worker that joined after the question", async () => {
    let answer = (_: string): void => {};
    nodes[1].io.on("ask", (done: (answer: string) => void) => done("from 1"));
    nodes[2].io.on("ask", (done: (answer: string) => void) => {
      answer = done;
    });
    const answers = nodes[0].io.serverSideEmitWithAck("ask");
    await fleet.add();
    answer("from 2");
    expect((await answers).toSorted()).toEqual(["from 1", "from 2"]);
  });

  test("fails after five seconds where a worker does not answer, with the answers that came", async () => {
    nodes[1].io.on("ask", (done: (answer: string) => void) => done("from 1"));
    const begin = performance.now();
    const failure = await nodes[0].io.serverSideEmitWithAck("ask").catch((error: unknown) => error);
    expect(performance.now() - begin).toBeGreaterThan(4900);
    expect((failure as Error).message).toBe("timeout reached: only 1 responses received out of 2");
    expect((failure as { responses: unknown }).responses).toEqual(["from 1"]);
  });
});
