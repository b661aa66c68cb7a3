import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { UnitFile, UnitPlan } from "../../../src/unit/plan.js";
import { serviceFiles } from "../../../src/unit/service.js";
import { templateFile } from "../../../src/unit/template.js";

/** Run with HOLDFAST_WRITE_GOLDEN=1 to write them anew, and read the difference. A run for others (CI) never writes. */
const WRITE = process.env.HOLDFAST_WRITE_GOLDEN === "1" && !process.env.CI;
const FOLDER = fileURLToPath(new URL("./golden/", import.meta.url));

const PLAIN: UnitPlan = {
  name: "chat",
  node: "/usr/bin/node",
  holdfast: "/srv/chat/node_modules/holdfast/dist/cli/main.js",
  entry: "/srv/chat/app.mjs",
  args: [],
  startFlags: ["--workers", "4", "--port", "3000"],
  nodeArgs: [],
  folder: "/srv/chat",
  scope: "system",
  runAs: "chat",
  systemdVersion: 246,
  environment: [],
  environmentFiles: [],
  writable: [],
  stopsWithin: 25_000,
  listen: undefined,
  lowPort: false,
  sockets: undefined,
};
const PIPES = { kind: "pipes", folder: "/run/chat" } as const;
const HOME = "/home/anna/the chat";

const CASES: Readonly<Record<string, readonly UnitFile[]>> = {
  plain: serviceFiles(PLAIN),
  socket: serviceFiles({ ...PLAIN, sockets: ["3000"], lowPort: true }),
  "socket-pipes": serviceFiles({
    ...PLAIN,
    startFlags: ["--workers", "2", "--listen", "pipes:/run/chat"],
    listen: PIPES,
    sockets: ["/run/chat/0.sock", "/run/chat/1.sock"],
  }),
  pipes: serviceFiles({ ...PLAIN, startFlags: ["--listen", "pipes:/run/chat"], listen: PIPES }),
  "notify-reload": serviceFiles({ ...PLAIN, systemdVersion: 257 }),
  "low-port": serviceFiles({ ...PLAIN, startFlags: ["--port", "80"], lowPort: true, runAs: "1000" }),
  user: serviceFiles({ ...PLAIN, scope: "user", runAs: "", sockets: ["127.0.0.1:3000"] }),
  odd: serviceFiles({
    ...PLAIN,
    node: "/opt/100% node/bin/node",
    entry: `${HOME}/app.mjs`,
    folder: HOME,
    args: ["--room", 'a "b" \\ $HOME %i', ""],
    environment: [
      ["NODE_ENV", "test"],
      ["GREETING", 'say "hi" for 5 $ or 10 %'],
    ],
    environmentFiles: ["/etc/chat.env"],
    writable: ["/var/lib/chat", "/var/lib/more chat"],
    stopsWithin: 60_500,
    listen: { kind: "pipes", folder: "/var/lib/chat/sockets" },
  }),
  template: [templateFile({ ...PLAIN, nodeArgs: ["--max-old-space-size=512"], args: ["a b"] }, 4000)],
};

const FILES = Object.entries(CASES).flatMap(([what, files]) =>
  files.map(({ name, text }): [string, string] => [`${what}.${name}`, text]),
);

describe("the unit of", () => {
  it.each(FILES)("%s is, letter by letter, what was reviewed", (file, text) => {
    if (WRITE) writeFileSync(FOLDER + file, text);
    expect(existsSync(FOLDER + file), `${file} is there`).toBe(true);
    expect(text).toBe(readFileSync(FOLDER + file, "utf8"));
  });

  it("no other file lies among them", () => {
    expect(readdirSync(FOLDER).sort()).toEqual(FILES.map(([file]) => file).sort());
  });
});
