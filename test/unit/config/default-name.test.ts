import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { defaultFleetName, fleetNameOf } from "../../../src/config/default-name.js";
import { checkFleetName } from "../../../src/protocol/runtime-directory.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-name-"));
  mkdirSync(join(folder, "dist", "src"), { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (path: string, content: object): void =>
  writeFileSync(join(folder, path), JSON.stringify(content));

test("the name of the nearest package.json, without its scope", () => {
  write("package.json", { name: "@acme/chat" });
  expect(defaultFleetName(join(folder, "dist", "src", "main.js"))).toBe("chat");
});

test("a package.json without a name is passed over", () => {
  write("package.json", { name: "chat" });
  write("dist/package.json", { type: "commonjs" });
  expect(defaultFleetName(join(folder, "dist", "src", "main.js"))).toBe("chat");
});

test("else the entry's file name", () => {
  writeFileSync(join(folder, "package.json"), "{ this is no JSON");
  expect(defaultFleetName(join(folder, "server.mts"))).toBe("server");
});

test.each(["Ünïcode app!", "_private", `x${"y".repeat(100)}`, "...", "日本"])(
  "the name %j becomes one that a fleet may have",
  (name) => {
    write("package.json", { name });
    const given = defaultFleetName(join(folder, "server.js"));
    expect(checkFleetName(given)).toBe(given);
  },
);

test("a manager's name for an app stays as it is where a fleet may be called so", () => {
  expect(fleetNameOf("shop.chat-2")).toBe("shop.chat-2");
});

test("different names for apps make different names for fleets", () => {
  const names = ["my chat", "my-chat", "my/chat", "日本", "中国", "x".repeat(50), "x".repeat(51), ""];
  const fleets = names.map(fleetNameOf);
  for (const fleet of fleets) expect(checkFleetName(fleet).length).toBeLessThanOrEqual(40);
  expect(new Set(fleets).size).toBe(names.length);
});
