import { beforeEach, expect, test } from "vitest";
import { isNotAfter, Settlements } from "../../../../src/bridge/relay/settlements.js";

let told: string[];
let settlements: Settlements;
beforeEach(() => {
  told = [];
  settlements = new Settlements((asker, request) => told.push(`${asker} ${request}`));
});

test("an asker hears of its joins in the order in which it asked, whoever is done first", () => {
  settlements.add("a", { request: 1, number: 10, waiting: ["x", "y"] });
  settlements.add("a", { request: 2, number: 11, waiting: ["y"] });
  settlements.add("b", { request: 7, number: 12, waiting: ["y"] });
  settlements.settled("y", 12);
  expect(told).toEqual(["b 7"]);
  settlements.settled("x", 10);
  expect(told).toEqual(["b 7", "a 1", "a 2"]);
  expect(settlements.size).toBe(0);
});

test("a word stands for all that was asked before it, and for nothing later", () => {
  settlements.add("a", { request: 1, number: 10, waiting: ["x"] });
  settlements.add("a", { request: 2, number: 12, waiting: ["x"] });
  settlements.settled("x", 11);
  expect(told).toEqual(["a 1"]);
  expect(settlements.waitsFor("x")).toBe(true);
});

test("what nobody is asked for is told at once, but after what was asked before", () => {
  settlements.add("a", { request: 1, number: 10, waiting: [] });
  settlements.add("a", { request: 2, number: 11, waiting: ["x"] });
  settlements.add("a", { request: 3, number: 0, waiting: [] });
  expect(told).toEqual(["a 1"]);
  settlements.gone("x");
  expect(told).toEqual(["a 1", "a 2", "a 3"]);
});

test("an asker that is gone is told nothing", () => {
  settlements.add("a", { request: 1, number: 10, waiting: ["x"] });
  settlements.forget("a");
  settlements.settled("x", 10);
  expect(told).toEqual([]);
  expect(settlements.size).toBe(0);
});

test("numbers go round", () => {
  expect(isNotAfter(0xffffffff, 1)).toBe(true);
  expect(isNotAfter(1, 0xffffffff)).toBe(false);
  expect(isNotAfter(5, 5)).toBe(true);
});
