import { describe, expect, it } from "vitest";
import { Notifier } from "../../../../src/primary/systemd/notifier.js";
import type { NoticeProblem } from "../../../../src/primary/systemd/notify-program.js";

/** A program whose runs end when the test says so. */
function world(statusGap = 0) {
  const sent: string[][] = [];
  const problems: string[] = [];
  let end: (problem?: NoticeProblem) => void = () => {};
  const notifier = new Notifier({
    statusGap,
    send: (assignments) => {
      sent.push([...assignments]);
      return new Promise((resolve) => {
        end = resolve;
      });
    },
    onProblem: ({ text }) => problems.push(text),
  });
  /** The run that is under way ends. */
  const ended = async (problem?: NoticeProblem): Promise<void> => {
    end(problem);
    await new Promise(setImmediate);
  };
  return { notifier, sent, problems, ended };
}

describe("the notifier", () => {
  it("sends one message at a time, what happened in order, and of the rest the newest", async () => {
    const { notifier, sent, ended } = world();
    notifier.tell({ steps: [["READY=1"]], status: "one" });
    notifier.tell({ steps: [["RELOADING=1", "MONOTONIC_USEC=5"]], status: "two", extend: 1.5, alive: true });
    notifier.tell({ steps: [["READY=1"]], status: "three\nSTOPPING=1", extend: 2 });
    expect(sent).toEqual([["READY=1", "STATUS=one"]]);
    await ended();
    await ended();
    await ended();
    expect(sent.slice(1)).toEqual([
      [
        "RELOADING=1",
        "MONOTONIC_USEC=5",
        "WATCHDOG=1",
        "EXTEND_TIMEOUT_USEC=2000",
        "STATUS=three STOPPING=1",
      ],
      ["READY=1"],
    ]);
  });

  it("says no status twice, and one that is alone only after a pause", async () => {
    const { notifier, sent, ended } = world(3_600_000);
    notifier.tell({ steps: [["READY=1"]], status: "one" });
    await ended();
    notifier.tell({ status: "one" });
    notifier.tell({ status: "two" });
    expect(sent).toHaveLength(1);
    // It travels along with whatever cannot wait.
    notifier.tell({ alive: true });
    expect(sent[1]).toEqual(["WATCHDOG=1", "STATUS=two"]);
    await ended();
    notifier.tell({ status: "three" });
    expect(sent).toHaveLength(2);
    const flushed = notifier.flush();
    expect(sent[2]).toEqual(["STATUS=three"]);
    await ended();
    await flushed;
  });

  it("is flushed when the last message was sent", async () => {
    const { notifier, sent, ended } = world(3_600_000);
    await notifier.flush();
    notifier.tell({ steps: [["READY=1"], ["STOPPING=1"]] });
    notifier.tell({ status: "stopped" });
    let done = false;
    const flushed = notifier.flush().then(() => {
      done = true;
    });
    await ended();
    expect(done).toBe(false);
    await ended();
    await flushed;
    expect(sent).toEqual([["READY=1"], ["STOPPING=1", "STATUS=stopped"]]);
  });

  it("tells of the first problem only, and goes on", async () => {
    const { notifier, sent, problems, ended } = world();
    notifier.tell({ steps: [["READY=1"], ["STOPPING=1"]] });
    await ended({ isMissing: false, text: "first" });
    await ended({ isMissing: false, text: "second" });
    notifier.tell({ alive: true });
    expect(sent).toHaveLength(3);
    expect(problems).toEqual(["first"]);
  });

  it("gives up where the program is missing", async () => {
    const { notifier, sent, problems, ended } = world();
    notifier.tell({ steps: [["READY=1"], ["STOPPING=1"]] });
    await ended({ isMissing: true, text: "missing" });
    notifier.tell({ alive: true });
    await notifier.flush();
    expect(sent).toEqual([["READY=1"]]);
    expect(problems).toEqual(["missing"]);
  });
});
