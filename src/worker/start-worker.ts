/** Worker: puts Holdfast under the app that is about to be loaded, and speaks with the primary for as long as the process lives. */

import { type Deferred, deferred } from "../base/deferred.js";
import { codeOf } from "../base/errors.js";
import { slotTarget } from "../config/slot-sockets.js";
import type { WorkerSettings } from "../protocol/environment.js";
import type { HandoffReport, Passage, ToPrimary, ToWorker } from "../protocol/messages.js";
import { adoptModules } from "./adopt-modules.js";
import { setCurrentRuntime } from "./current-runtime.js";
import { drain, stopAccepting } from "./drain.js";
import { classifyFailure } from "./failure.js";
import { guardCluster } from "./guard-cluster.js";
import { testHandoff } from "./handoff/self-test/self-test.js";
import { IdleConnections } from "./idle-connections.js";
import { carriesDescriptors } from "./internals/descriptor-pipe.js";
import type { RawHandle } from "./internals/handles.js";
import { requireInternals } from "./internals/require-internals.js";
import { ListenAdoption } from "./listen.js";
import { type OfficialAdapter, officialAdapter } from "./official-adapter.js";
import { Passages } from "./passages.js";
import { PrimaryChannel } from "./primary-channel.js";
import { Runtime } from "./runtime.js";
import { SignalGate } from "./signals.js";

/** Between two snapshots for the primary. Milliseconds. */
const SNAPSHOT_EVERY = 1000;
/** A worker whose primary died has so long to send its sessions elsewhere. Milliseconds. */
const ORPHAN_DRAIN = 5000;

/** Of the time for draining, what sessions may take that are busy and can still move. */
const FOR_STRAGGLERS = 0.3;

type AdapterOrder = Extract<ToWorker, { type: "adapter" }>;
type Order = Extract<ToWorker, { type: "drain" | "hand-over" | "keep" | "take-over" }>;

export async function startWorker(settings: WorkerSettings): Promise<void> {
  await new Worker(settings).start();
}

class Worker {
  readonly #channel: PrimaryChannel;
  readonly #listen: ListenAdoption;
  readonly #passages: Passages;
  readonly #runtime: Runtime;
  readonly #signals = new SignalGate();
  readonly #takesOver: boolean;
  /** Undefined where Holdfast's own adapter carries broadcasts. */
  readonly #adapter: Deferred<AdapterOrder> | undefined;
  #state: "starting" | "ready" | "draining" = "starting";
  #proved: Promise<void> | undefined;
  #official: OfficialAdapter | undefined;

  constructor(settings: WorkerSettings) {
    const { slot, slotSockets, takesOver } = settings;
    this.#takesOver = takesOver;
    this.#adapter = settings.adapter ? deferred() : undefined;
    this.#channel = new PrimaryChannel((message, handle) => {
      if (message.type === "passed") this.#onPassed(message.token, message.from, message.passage, handle);
      else if (message.type === "adapter") this.#adapter?.resolve(message);
      else if (message.type === "pass-answer") this.#passages.answer(message.token, message.accepted);
      else this.#onOrder(message);
    });
    this.#listen = new ListenAdoption(
      {
        listen: (...asked) => this.#channel.listen(...asked),
        http: (server) => this.#runtime.proxyHeaders?.cover(server),
        release: (key) => this.#tell({ type: "release", key }),
        listening: (_server, address) => {
          this.#tell({ type: "listening", address });
          if (settings.readyOn === "listening") this.#ready();
        },
      },
      { port: settings.port, host: settings.listenHost, own: slotSockets && slotTarget(slotSockets, slot) },
      !takesOver,
    );
    this.#passages = new Passages(this.#channel, {
      upgrade: (...passed) => this.#runtime.router.arrivals.upgrade(...passed),
      serverOf: (listener) => (this.#state === "draining" ? undefined : this.#listen.serverOf(listener)),
    });
    this.#runtime = new Runtime(settings, (sentence) => this.#warn(sentence), {
      passages: this.#passages,
      listen: this.#listen,
      handoff: {
        progress: (moved, left) => this.#tell({ type: "handoff-progress", moved, left }),
        stuck: (stuck) => this.#tell({ type: "handoff-stuck", slot: stuck }),
      },
    });
  }

  async start(): Promise<void> {
    requireInternals();
    this.#signals.install();
    this.#listen.install();
    guardCluster();
    this.#reportFailures();
    process.once("disconnect", () => this.#onOrphaned());
    process.channel?.unref();
    // Everything of ours is unref'd, so that the app alone decides when its process ends; until it runs, we do.
    const alive = setInterval(() => {}, 1000);
    const warn = (sentence: string): void => this.#warn(sentence);
    this.#official = await this.#officialAdapter();
    const adapter = this.#official?.adapter ?? this.#runtime.adapter;
    adoptModules({ engine: (engine) => this.#runtime.adopt(engine), adapter, warn });
    setCurrentRuntime(this.#runtime);
    this.#hearReady();
    await this.#runtime.start();
    clearInterval(alive);
    setInterval(
      () => this.#tell({ type: "snapshot", snapshot: this.#runtime.snapshot() }),
      SNAPSHOT_EVERY,
    ).unref();
  }

  async #officialAdapter(): Promise<OfficialAdapter | undefined> {
    if (this.#adapter === undefined) return undefined;
    this.#tell({ type: "ask-adapter" });
    const { type: _, ...settings } = await this.#adapter.promise;
    return officialAdapter(settings, process.argv[1] ?? "", (sentence) => this.#warn(sentence));
  }

  #ready(): void {
    this.#proved ??= this.#prove().then((unsupported) => {
      if (this.#state !== "starting") return;
      this.#state = "ready";
      this.#runtime.ready();
      if (unsupported !== undefined) this.#warn(unsupported);
      this.#tell({ type: "ready", ...(unsupported !== undefined && { unsupported }) });
    });
  }

  /** @returns why this worker can take no session over */
  async #prove(): Promise<string | undefined> {
    const { codec, router } = this.#runtime;
    try {
      const unsupported = codec.unsupported ?? withoutDescriptors();
      if (unsupported !== undefined || !this.#takesOver) return unsupported;
      return await testHandoff(router.engines);
    } catch (error) {
      // What is not as it was proven may lack anything; the app runs none the less.
      return `Sessions cannot move between workers: ${(error as Error).message}.`;
    }
  }

  #onOrder(order: Order): void {
    if (order.type === "drain") void this.#drain(order.within);
    else if (order.type === "hand-over") void this.#handOver(order);
    else if (order.type === "keep") this.#keep();
    else this.#takeOver();
  }

  #takeOver(): void {
    this.#runtime.takeOver();
    this.#listen.accept();
  }

  async #handOver({ to, within, share }: Extract<Order, { type: "hand-over" }>): Promise<void> {
    const slotGoes = !to.includes(this.#runtime.settings.slot);
    if (share === undefined && this.#state === "ready") this.#runtime.handsOver(slotGoes);
    const report = await this.#runtime.desk?.handOver(to, within, share);
    if (report !== undefined && this.#state === "ready") this.#tell({ type: "handed-over", report });
  }

  #keep(): void {
    if (this.#state === "ready") this.#runtime.stay();
    this.#runtime.desk?.keep();
  }

  /** `process.send("ready")`, as apps written for PM2 say it. */
  #hearReady(): void {
    const send = process.send?.bind(process) as (...args: unknown[]) => boolean;
    process.send = ((...args: unknown[]) => {
      if (args[0] === "ready") this.#ready();
      return send(...args);
    }) as typeof process.send;
  }

  #reportFailures(): void {
    let caught: Error | undefined;
    process.on("uncaughtExceptionMonitor", (error) => {
      if (this.#state !== "starting") return;
      caught = error;
      if (process.listenerCount("uncaughtException") === 0) this.#tell(failed(error));
      // The primary says it in one sentence; our own stack beside it would tell nobody anything.
      if (codeOf(error) === "ERR_APP_CLUSTERS_ITSELF") process.exit(1);
    });
    // An app that catches what nobody caught decides itself whether it goes on.
    process.on("exit", (code) => {
      if (code !== 0 && caught !== undefined && this.#state === "starting") this.#tell(failed(caught));
    });
  }

  #onPassed(token: number, from: number, passage: Passage, handle: unknown): void {
    this.#passages.receive(token, from, passage, handle as RawHandle | undefined);
  }

  async #drain(within: number): Promise<void> {
    if (this.#state === "draining") return;
    this.#state = "draining";
    const until = Date.now() + within;
    const { servers } = this.#listen;
    const { desk, router, carried } = this.#runtime;
    this.#runtime.leave();
    const idle = new IdleConnections(
      new Map(servers.map((server) => [server, this.#listen.listenerOf(server)])),
      (...offered) => desk?.passConnection(...offered) ?? false,
    );
    stopAccepting(servers);
    idle.start();
    await desk?.finish(within * FOR_STRAGGLERS);
    const lingering = desk?.linger(until - Date.now());
    const rescue = desk && (() => desk.rescue());
    const closed = await drain({
      servers,
      engines: router.engines,
      carried,
      within: until - Date.now(),
      rescue,
      passIdle: () => idle.pass(),
    });
    idle.stop();
    await lingering;
    const report = withTunnels(desk?.report(), carried.closed);
    await this.#official?.leave?.();
    this.#runtime.close();
    this.#channel.send({ type: "drained", closed, ...(report && { report }) }, undefined, () =>
      this.#signals.release(),
    );
  }

  #onOrphaned(): void {
    this.#passages.refuseAll();
    void this.#drain(ORPHAN_DRAIN);
  }

  #warn(message: string): void {
    this.#tell({ type: "warning", message });
  }

  #tell(message: ToPrimary): void {
    this.#channel.send(message);
  }
}

/** Sessions of other workers whose connection ended with this one stayed behind as well. */
function withTunnels(report: HandoffReport | undefined, tunnels: number): HandoffReport | undefined {
  if (report === undefined || tunnels === 0) return report;
  const { stayed } = report;
  return { ...report, stayed: { ...stayed, tunnel: (stayed.tunnel ?? 0) + tunnels } };
}

const withoutDescriptors = (): string | undefined =>
  carriesDescriptors()
    ? undefined
    : `Node.js ${process.version} has no way to pass connections between workers: a reload tells its clients to reconnect instead of moving them.`;

const failed = (error: Error): ToPrimary => ({ type: "failed", ...classifyFailure(error) });
