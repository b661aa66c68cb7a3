import { expect, test } from "vitest";
import { missingWorkers, withMissing } from "../../../src/adapter/partial.js";

const missing = [{ host: 0, slot: 3, reason: "exited" } as const];

test("a list that lacks nobody is the list itself", () => {
  const answers = [1, 2];
  expect(withMissing(answers, [])).toBe(answers);
  expect(missingWorkers(answers)).toEqual([]);
});

test("a list that lacks somebody says so, as does what is made of it", () => {
  const partial = withMissing([1, 2], missing);
  expect(missingWorkers(partial)).toEqual(missing);
  expect(missingWorkers(partial.map((answer) => answer + 1))).toEqual(missing);
  expect(missingWorkers(partial.filter((answer) => answer > 1))).toEqual(missing);
  expect(missingWorkers([...partial]), "a new list of the app's own").toEqual([]);
});

test("it is an ordinary list in all else", () => {
  const partial = withMissing(["a", "b"], missing);
  expect(Array.isArray(partial)).toBe(true);
  expect(partial).toEqual(["a", "b"]);
  expect(JSON.stringify(partial)).toBe('["a","b"]');
  expect(Object.keys(partial)).toEqual(["0", "1"]);
  expect(withMissing([3], missing), "not three holes").toEqual([3]);
});

test("anything else lacks nobody", () => {
  for (const value of [undefined, null, 5, "text", {}]) expect(missingWorkers(value)).toEqual([]);
});
