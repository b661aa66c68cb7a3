import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import type { SlotSockets } from "../../../src/config/slot-sockets.js";
import { Log } from "../../../src/primary/log.js";
import { OutputTarget } from "../../../src/primary/output.js";

function newLog(format: "pretty" | "json"): { log: Log; stdout: () => string; stderr: () => string } {
  const [out, err] = [new PassThrough(), new PassThrough()];
  const log = new Log({ format, name: "chat", stdout: new OutputTarget(out), stderr: new OutputTarget(err) });
  const read = (stream: PassThrough) => (): string => String(stream.read() ?? "");
  return { log, stdout: read(out), stderr: read(err) };
}

const ready = { name: "chat", slotSockets: undefined, ready: 8, wanted: 8, pid: 4711, ms: 840 };
const ports: SlotSockets = { kind: "ports", first: 3000 };
const pipes: SlotSockets = { kind: "pipes", folder: "/run/chat" };
const address = { address: "::", family: "IPv6", port: 3000 };

describe("log", () => {
  it("prints the ready line to stdout, as DESIGN has it", () => {
    const { log, stdout, stderr } = newLog("pretty");
    log.ready({ ...ready, listening: [address] });
    expect(stdout()).toBe("holdfast ready name=chat port=3000 workers=8 pid=4711 in 840 ms\n");
    expect(stderr()).toBe("");
  });

  it.each([
    [
      "a path",
      ["/run/chat.sock"],
      "holdfast ready name=chat path=/run/chat.sock workers=8 pid=4711 in 840 ms\n",
    ],
    ["nothing", [], "holdfast ready name=chat workers=8 pid=4711 in 840 ms\n"],
    [
      "a path and a port",
      ["/run/a", address],
      "holdfast ready name=chat port=3000 workers=8 pid=4711 in 840 ms\n",
    ],
  ])("says where an app listens on %s", (_what, listening, line) => {
    const { log, stdout } = newLog("pretty");
    log.ready({ ...ready, listening });
    expect(stdout()).toBe(line);
  });

  it.each([
    ["ports", ports, 4, "ports=3000-3003 workers=4"],
    ["one port", ports, 1, "ports=3000 workers=1"],
    ["pipes", pipes, 4, "pipes=/run/chat/{0..3}.sock workers=4"],
    ["one pipe", pipes, 1, "pipes=/run/chat/0.sock workers=1"],
  ])("says where the slots listen that have %s of their own", (_what, slotSockets, count, words) => {
    const { log, stdout } = newLog("pretty");
    const listening = [address, "/run/chat/0.sock"];
    log.ready({ ...ready, ready: count, wanted: count, slotSockets, listening });
    expect(stdout()).toBe(`holdfast ready name=chat ${words} pid=4711 in 840 ms\n`);
  });

  it("names the slots' sockets as a list in JSON, in the order of the slots", () => {
    const { log, stdout } = newLog("json");
    const line = { ...ready, ready: 2, wanted: 3, listening: [address, "/run/chat/2.sock"] };
    log.ready({ ...line, slotSockets: ports });
    const said = JSON.parse(stdout());
    expect(said).toMatchObject({ ports: [3000, 3001, 3002], workers: 2, wanted: 3 });
    expect(said).not.toHaveProperty("port");
    log.ready({ ...line, slotSockets: pipes });
    expect(JSON.parse(stdout()).pipes).toEqual(["/run/chat/0.sock", "/run/chat/1.sock", "/run/chat/2.sock"]);
  });

  it("names the slots' sockets only where the app listens on them", () => {
    const { log, stdout } = newLog("pretty");
    log.ready({ ...ready, listening: [], slotSockets: ports });
    expect(stdout()).toBe("holdfast ready name=chat workers=8 pid=4711 in 840 ms\n");
    log.ready({ ...ready, listening: [{ ...address, port: 3008 }], slotSockets: ports });
    expect(stdout()).toBe("holdfast ready name=chat port=3008 workers=8 pid=4711 in 840 ms\n");
  });

  it("says how many of the workers are ready when some are not", () => {
    const { log, stdout } = newLog("pretty");
    log.ready({ ...ready, ready: 2, wanted: 3, listening: [address] });
    expect(stdout()).toContain(" workers=2/3 ");
  });

  it("prints the ready line as JSON with the same fields", () => {
    const { log, stdout } = newLog("json");
    log.ready({ ...ready, listening: [address] });
    expect(JSON.parse(stdout())).toMatchObject({
      event: "ready",
      level: "info",
      name: "chat",
      port: 3000,
      workers: 8,
      wanted: 8,
      pid: 4711,
      ms: 840,
    });
  });

  it("names the worker first, in one grammar", () => {
    const { log, stderr } = newLog("pretty");
    const worker = { slot: 2, generation: 3, pid: 4711 };
    log.write({ level: "info", event: "worker-ready", text: "ready in 840 ms", worker });
    log.write({
      level: "error",
      event: "worker-exited",
      text: "could not be started",
      worker: { ...worker, pid: null },
    });
    expect(stderr()).toBe(
      "holdfast slot=2 gen=3 pid=4711 ready in 840 ms\nholdfast slot=2 gen=3 could not be started\n",
    );
  });

  it("prints one JSON object a line, with the text as its message", () => {
    const { log, stderr } = newLog("json");
    const worker = { slot: 2, generation: 3, pid: 4711 };
    log.write({ level: "warn", event: "killed", text: "did not\nexit", worker, fields: { limit: 5 } });
    const line = stderr();
    expect(line.indexOf("\n")).toBe(line.length - 1);
    expect(JSON.parse(line)).toMatchObject({
      level: "warn",
      event: "killed",
      name: "chat",
      slot: 2,
      generation: 3,
      pid: 4711,
      limit: 5,
      message: "did not\nexit",
    });
  });

  it("says once what every worker warns of", () => {
    const { log, stderr } = newLog("pretty");
    log.warnOnce("app-warning", "Take out node:cluster.");
    log.warnOnce("app-warning", "Take out node:cluster.");
    expect(stderr()).toBe("holdfast Take out node:cluster.\n");
  });
});
