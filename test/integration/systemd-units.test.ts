/** Promise: systemd itself accepts every form of unit that `holdfast unit` writes, and what it does not accept is not written. */

import { readdirSync } from "node:fs";
import { afterEach, beforeEach, expect, it } from "vitest";
import { AppFolder } from "../helpers/app-folder.js";
import { type Ended, holdfast } from "../helpers/holdfast-command.js";

let folder: AppFolder;
beforeEach(() => {
  folder = new AppFolder();
  folder.copy("systemd/chat.mjs", "app.mjs");
});
afterEach(() => folder.remove());

const unit = (...flags: string[]): Promise<Ended> =>
  holdfast(
    ["unit", "app.mjs", "--name", "chat", "--run-as", "daemon", "--check", "--out", folder.path, ...flags],
    {
      runtime: folder.path,
      cwd: folder.path,
    },
  );

it.each([
  [[], ["chat.service"]],
  [["--port", "80"], ["chat.service"]],
  [
    ["--socket", "--port", "3000", "--host", "::1"],
    ["chat.service", "chat.socket"],
  ],
  [
    ["--socket", "--listen", "pipes:/run/chat", "-w", "4"],
    ["chat.service", "chat.socket"],
  ],
  [["--listen", "pipes:/run/chat", "--writable", "/var/lib"], ["chat.service"]],
  [["--template"], ["chat@.service"]],
  [
    ["--user", "--socket", "--port", "3000"],
    ["chat.service", "chat.socket"],
  ],
])("%j is accepted", async (flags, files) => {
  const { code, stdout, stderr } = await unit(...flags);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toBe(
    `Wrote ${files.map((file) => `${folder.path}/${file}`).join(" and ")}, which systemd accepts.\n`,
  );
  expect(readdirSync(folder.path).sort()).toEqual(["app.mjs", ...files]);
});

it.each([
  // systemd calls it an error.
  [
    ["--node", "/nowhere/node"],
    /^holdfast: systemd-analyze refuses the units: .*\/nowhere\/node [^\n]*\(ERR_UNIT_CHECK[^\n]*\n$/,
  ],
  // No character at all: systemd would pass over the line, and the variable would not be there.
  [
    ["--env", `A=${"\uFFFE"}`],
    /^holdfast: systemd-analyze refuses the units: chat\.service:\d+: [^\n]*\(ERR_UNIT_CHECK[^\n]*\n$/,
  ],
])("%j is refused with systemd's own words, and nothing is written", async (flags, words) => {
  const { code, stdout, stderr } = await unit(...flags);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toMatch(words);
  expect(readdirSync(folder.path)).toEqual(["app.mjs"]);
});
