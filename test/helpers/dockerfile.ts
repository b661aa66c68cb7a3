/** Test helper: the part of a Dockerfile that says what runs, and as whom; exec form only. */

import { readFileSync } from "node:fs";

export type Image = {
  readonly env: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly uid: number;
  readonly gid: number;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly healthcheck: readonly string[];
  readonly ports: readonly number[];
};

type Instruction = { readonly name: string; readonly rest: string };

/** What the last stage makes. @throws for an instruction that it does not know, or lacks */
export function readImage(path: string): Image {
  const all = instructions(readFileSync(path, "utf8"));
  const stage = all.slice(all.findLastIndex(({ name }) => name === "FROM") + 1);
  const known = ["RUN", "ENV", "WORKDIR", "COPY", "USER", "EXPOSE", "HEALTHCHECK", "ENTRYPOINT", "CMD"];
  const unknown = stage.find(({ name }) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`${path}: ${unknown.name} is not understood`);
  const last = (name: string): string => {
    const found = stage.findLast((instruction) => instruction.name === name);
    if (found === undefined) throw new Error(`${path}: no ${name}`);
    return found.rest;
  };
  const [uid = Number.NaN, gid = Number.NaN] = last("USER").split(":").map(Number);
  return {
    env: Object.fromEntries(stage.filter(({ name }) => name === "ENV").flatMap(({ rest }) => pairs(rest))),
    folder: last("WORKDIR"),
    ...{ uid, gid },
    entrypoint: JSON.parse(last("ENTRYPOINT")),
    command: JSON.parse(last("CMD")),
    healthcheck: JSON.parse(last("HEALTHCHECK").replace(/^.*?CMD /, "")),
    ports: last("EXPOSE").split(" ").map(Number),
  };
}

function instructions(text: string): Instruction[] {
  const lines = text
    .split("\n")
    .filter((line) => !line.trimStart().startsWith("#"))
    .join("\n")
    .replaceAll(/\\\n\s*/g, "");
  return lines.split("\n").flatMap((line) => {
    const [, name, rest] = /^([A-Z]+)\s+(.+)$/.exec(line) ?? [];
    return name === undefined || rest === undefined ? [] : [{ name, rest }];
  });
}

function pairs(rest: string): [string, string][] {
  return rest.split(" ").map((pair) => {
    const [name = "", value = ""] = pair.split("=");
    return [name, value];
  });
}
