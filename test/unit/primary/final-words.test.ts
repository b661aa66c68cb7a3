import { describe, expect, it } from "vitest";
import { finalWords } from "../../../src/primary/final-words.js";
import type { Finish } from "../../../src/primary/fleet.js";
import { cannotListen } from "../../../src/primary/slot-words.js";

function finish(part: Partial<Finish>): Finish {
  return { do: "finish", exitCode: 3, reason: "gave-up", failures: 8, last: null, tail: [], ...part };
}

const last = { worker: 9, slot: 1, how: "exited with code 1 before it was ready", failure: null };

describe("final words", () => {
  it("are none where the fleet was told to stop", () => {
    expect(finalWords(finish({ reason: "stop", exitCode: 0 }), "/app.js")).toBeUndefined();
  });

  it("say what failed, how often, why and what to do", () => {
    const failure = {
      kind: "boot",
      message: "listen EADDRINUSE: address already in use :::3000",
      code: "EADDRINUSE",
    } as const;
    const words = finalWords(finish({ last: { ...last, failure } }), "/app.js");
    expect(words?.text).toBe(
      "gave up: 8 starts in a row failed and no worker is ready. The last worker, of slot 1, exited with code 1 before it was ready: listen EADDRINUSE: address already in use :::3000. Another program uses that address: stop it, or choose another with --port.",
    );
    expect(words?.fields).toMatchObject({ exitCode: 3, code: "EADDRINUSE" });
  });

  it("say which socket of which slot could not be had, and what to do", () => {
    const target = { kind: "tcp", host: "127.0.0.1", port: 4002, ipv6Only: false } as const;
    const failure = cannotListen({ slot: 2, target, error: "EADDRINUSE", errno: -98, syscall: "listen" });
    const words = finalWords(
      finish({ reason: "listen", last: { ...last, failure: { kind: "boot", ...failure } } }),
      "/app.js",
    );
    expect(words).toMatchObject({ event: "listen-failed", fields: { exitCode: 3, code: "EADDRINUSE" } });
    expect(words?.text).toBe(
      "could not start: slot 2 cannot have port 4002 of 127.0.0.1: EADDRINUSE, address already in use. Another program uses it: stop that, or choose other sockets with --listen.",
    );
    const pipe = { kind: "pipe", path: "/run/chat/2.sock", readableAll: false, writableAll: false } as const;
    expect(
      cannotListen({ slot: 2, target: pipe, error: "EROFS", errno: -30, syscall: "listen" }).message,
    ).toBe(
      "slot 2 cannot have /run/chat/2.sock: EROFS, read-only file system. Choose other sockets with --listen.",
    );
  });

  it("quote the error of a stack that the worker left on stderr, not its last line", () => {
    const tail = [
      "file:///app.js:3",
      "throw new Error('x')",
      "",
      "TypeError: x is not a function",
      "    at main (app.js:3:1)",
      "",
      "Node.js v20.20.2",
    ];
    expect(finalWords(finish({ last, tail }), "/app.js")?.text).toContain(
      ": TypeError: x is not a function. Mend",
    );
  });

  it("quote the last line of what is no stack", () => {
    const tail = ["config.yaml: port must be a number", ""];
    expect(finalWords(finish({ last, tail }), "/app.js")?.text).toContain(
      ": config.yaml: port must be a number. Mend",
    );
  });

  it("say so where there is nothing to quote", () => {
    expect(finalWords(finish({ last }), "/app.js")?.text).toContain(": it wrote nothing to stderr. Mend");
  });

  it("name the app that could not be loaded", () => {
    const failure = { kind: "load", message: "Cannot find module 'express'" } as const;
    const words = finalWords(
      finish({ reason: "load", exitCode: 4, last: { ...last, failure } }),
      "/srv/app.js",
    );
    expect(words?.text).toBe(
      "could not load the app /srv/app.js: Cannot find module 'express'. Mend that, then start it again.",
    );
    expect(words?.event).toBe("load-failed");
  });
});
