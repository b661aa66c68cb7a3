import { Script } from "node:vm";
import { expect, test } from "vitest";
import { codeProblem, placeIn } from "../../../src/base/code-problem.js";

const thrown = (run: () => void): unknown => {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
};

test("a syntax error of V8 is one line that names file and line", () => {
  const error = thrown(() => new Script("const a = 1;\nfunction( {\n", { filename: "/srv/app/server.cjs" }));
  expect(codeProblem(error)).toBe("Function statements require a function name (/srv/app/server.cjs:2)");
});

test("one of esbuild is one line too, without its heading", () => {
  const text =
    'Transform failed with 1 error:\n/srv/app/server.ts:2:16: ERROR: Expected identifier but found "{"';
  const error = Object.assign(new Error(text), { name: "TransformError" });
  expect(codeProblem(error)).toBe('Expected identifier but found "{" (/srv/app/server.ts:2)');
});

test("whatever else is thrown stays as it is", () => {
  expect(codeProblem(new Error("no database\nat all"))).toBe("no database\nat all");
  expect(codeProblem(thrown(() => JSON.parse("{")))).not.toMatch(/\(\//);
  expect(codeProblem("text")).toBe("text");
});

test("a place is a line that holds nothing else", () => {
  expect(placeIn("file:///srv/app/server.mjs:12\n")).toBe("/srv/app/server.mjs:12");
  expect(placeIn("/srv/app/server.cjs:2")).toBe("/srv/app/server.cjs:2");
  expect(placeIn("    at /srv/app/server.cjs:2:3")).toBeUndefined();
  expect(placeIn("const a = {;")).toBeUndefined();
});
