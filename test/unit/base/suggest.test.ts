import { expect, test } from "vitest";
import { nearestWord } from "../../../src/base/suggest.js";

const known = ["workers", "policy", "port", "trustProxy", "bootTimeout"];

test.each([
  ["worker", "workers"],
  ["wrokers", "workers"],
  ["Port", "port"],
  ["prot", "port"],
  ["trustproxy", "trustProxy"],
  ["bootTimout", "bootTimeout"],
])("%s is taken for %s", (written, meant) => {
  expect(nearestWord(written, known)).toBe(meant);
});

test.each(["", "x", "instances", "timeout", "pot_roast"])("nothing is suggested for %j", (written) => {
  expect(nearestWord(written, known)).toBeUndefined();
});
