import { PassThrough, Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { copyLines, OutputTarget, Tail } from "../../../src/primary/output.js";

/** Collects what is written; with `held`, says that it is full and takes the next piece only when told. */
class Sink extends Writable {
  readonly chunks: Buffer[] = [];
  held: (() => void) | undefined;
  hold = false;

  constructor() {
    super({ highWaterMark: 1024 });
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.chunks.push(chunk);
    if (this.hold) this.held = done;
    else done();
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString();
  }
}

function setUp(): { sink: Sink; target: OutputTarget; worker: (prefix: string) => PassThrough } {
  const sink = new Sink();
  const target = new OutputTarget(sink);
  const worker = (prefix: string): PassThrough => {
    const stream = new PassThrough();
    copyLines(stream, target, prefix);
    return stream;
  };
  return { sink, target, worker };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("output", () => {
  it("puts the prefix before each line, and keeps lines of several workers whole", async () => {
    const { sink, worker } = setUp();
    const [first, second] = [worker("0 | "), worker("1 | ")];
    first.write("one\ntw");
    await turn();
    second.write("other\n");
    await turn();
    first.write("o\n");
    await turn();
    expect(sink.text).toBe("0 | one\n1 | other\n0 | two\n");
  });

  it("changes no byte, not even those that are no text", async () => {
    const { sink, worker } = setUp();
    const bytes = Buffer.from([0xff, 0x00, 0x1b, 0x5b, 0x33, 0x31, 0x6d, 0x0d, 0x0a]);
    worker("").write(bytes);
    await turn();
    expect(Buffer.concat(sink.chunks)).toEqual(bytes);
  });

  it("passes a last line without an end on when the worker ends", async () => {
    const { sink, target, worker } = setUp();
    worker("0 | ").end("no newline");
    await turn();
    await turn();
    expect(sink.text).toBe("0 | no newline");
    target.writeLine("holdfast stopped");
    expect(sink.text).toBe("0 | no newline\nholdfast stopped\n");
  });

  it("makes a worker wait while the reader is slow, and lets it go on afterwards", async () => {
    const { sink, worker } = setUp();
    sink.hold = true;
    const stream = worker("0 | ");
    stream.write(`${"x".repeat(5000)}\n`);
    await turn();
    expect(stream.isPaused()).toBe(true);
    sink.hold = false;
    sink.held?.();
    await turn();
    expect(stream.isPaused()).toBe(false);
  });

  it("lets the workers go on when nobody reads any more", async () => {
    const { sink, worker } = setUp();
    sink.hold = true;
    const stream = worker("0 | ");
    stream.write(`${"x".repeat(5000)}\n`);
    await turn();
    sink.destroy(Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
    await turn();
    stream.write("more\n".repeat(10_000));
    await turn();
    expect(stream.isPaused()).toBe(false);
    expect(stream.readableLength).toBe(0);
  });
});

describe("tail", () => {
  it("keeps the last 40 lines, cut to a bearable length", () => {
    const tail = new Tail();
    for (let line = 0; line < 100; line++) tail.add(Buffer.from(`${line} ${"y".repeat(5000)}\n`));
    expect(tail.lines).toHaveLength(40);
    expect(tail.lines[0]?.startsWith("60 yyy")).toBe(true);
    expect(tail.lines[39]?.length).toBe(2000);
  });
});
