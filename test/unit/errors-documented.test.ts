import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** Codes of Node, which our code only compares with. */
const OF_NODE = readFileSync(`${ROOT}src/worker/failure.ts`, "utf8");

const thrown = new Set(
  readdirSync(`${ROOT}src`, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && file !== "worker/failure.ts")
    .flatMap((file) => readFileSync(`${ROOT}src/${file}`, "utf8").match(/"ERR_[A-Z_]+"/g) ?? [])
    .map((code) => code.slice(1, -1))
    .filter((code) => code === "ERR_APP_CLUSTERS_ITSELF" || !OF_NODE.includes(`"${code}"`))
    .filter((code) => code !== "ERR_SERVER_ALREADY_LISTEN" && code !== "ERR_SOCKET_BAD_PORT"),
);

it("docs/errors.md has every code that Holdfast reports, and no other", () => {
  const page = readFileSync(`${ROOT}docs/errors.md`, "utf8");
  const documented = new Set([...page.matchAll(/\*\*(ERR_[A-Z_]+)\*\*/g)].map((match) => match[1] as string));
  expect([...documented].sort()).toEqual([...thrown].sort());
  for (const code of documented) expect(page).toContain(`<a id="${code.toLowerCase()}"></a>`);
});
