import fc from "fast-check";
import { expect, test } from "vitest";
import { parseDuration, splitArguments, splitList } from "../../../src/config/value-kinds.js";

test.each([
  ["500", 500],
  ["500ms", 500],
  ["30s", 30_000],
  ["1.5s", 1500],
  ["2m", 120_000],
  ["1h", 3_600_000],
  [" 5 s ", 5000],
])("the time %j is %d ms", (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each(["", "s", "-1s", "5 days", "1e3", "5s5s"])("%j is no time", (text) => {
  expect(parseDuration(text)).toBeUndefined();
});

test.each([
  ["--inspect", ["--inspect"]],
  ["  --a   --b=1 ", ["--a", "--b=1"]],
  ['--title="my app" --x', ["--title=my app", "--x"]],
  ["'--require' './a b.js'", ["--require", "./a b.js"]],
  ['""', [""]],
  ["", []],
])("the arguments %j are split as a shell does", (text, expected) => {
  expect(splitArguments(text)).toEqual(expected);
});

test.each(['--title="my app', "it's"])("a quote that is left open in %j is refused", (text) => {
  expect(splitArguments(text)).toBeUndefined();
});

test("arguments in quotes come back as they were", () => {
  const argument = fc.string({ maxLength: 20 }).filter((text) => !text.includes('"'));
  fc.assert(
    fc.property(fc.array(argument, { maxLength: 5 }), (list) => {
      expect(splitArguments(list.map((text) => `"${text}"`).join(" "))).toEqual(list);
    }),
  );
});

test("a list is cut at commas and spaces", () => {
  expect(splitList("10.0.0.0/8, loopback  ::1,")).toEqual(["10.0.0.0/8", "loopback", "::1"]);
});
