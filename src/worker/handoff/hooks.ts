/**
 * Worker, in the app's hands: what an app takes along to the worker that takes over, beside what Socket.IO knows. Kept where every
 * copy of this package finds it; the number is that of its interface.
 */

/** A socket of socket.io, as far as an app's hook needs its type. */
// biome-ignore lint/suspicious/noExplicitAny: the app's own class, which this package does not depend on
type AnySocket = any;

/** Values must be structured-cloneable, and understood by the generation before as well: a reload may be taken back. */
export type HandoffHooks<State = unknown, SocketState = unknown> = {
  /** Old worker of a slot: called once, before the first session leaves in a reload. May be async; the reload waits. */
  export?(): State | Promise<State>;
  /** New worker: called once, before the first session arrives, with what `export` returned. May be async; the reload waits. */
  import?(state: State): unknown;
  /** Old worker: called for each socket in the moment in which it leaves. Synchronous. */
  exportSocket?(socket: AnySocket): SocketState;
  /** New worker: called for each socket before its `connection`. Synchronous. */
  importSocket?(socket: AnySocket, state: SocketState): void;
};

const HOOKS = Symbol.for("holdfast.handoff.1");
const everywhere = globalThis as { [HOOKS]?: HandoffHooks[] };

/**
 * Lets the app carry state of its own from the old worker of a slot to the new one. Hooks are matched in the order in which they were
 * set: the first one of the new worker gets what the first one of the old worker gave. Without `holdfast start` nothing is ever called.
 * @throws {TypeError} when a hook is no function
 */
export function onHandoff<State, SocketState>(hooks: HandoffHooks<State, SocketState>): void {
  for (const name of ["export", "import", "exportSocket", "importSocket"] as const) {
    const hook = hooks[name];
    if (hook !== undefined && typeof hook !== "function") {
      throw new TypeError(`onHandoff: ${name} must be a function.`);
    }
  }
  everywhere[HOOKS] = [...registered(), hooks as HandoffHooks];
}

const registered = (): readonly HandoffHooks[] => everywhere[HOOKS] ?? [];

type Warn = (sentence: string) => void;

/** @returns what each hook exported, in their order; undefined for one that failed, which is told */
export async function exportApp(warn: Warn): Promise<unknown[]> {
  const states: unknown[] = [];
  for (const hooks of registered()) {
    try {
      states.push(cloneable(await hooks.export?.()));
    } catch (error) {
      warn(`The app's hook export() failed, and its state stays behind: ${(error as Error).message}`);
      states.push(undefined);
    }
  }
  return states;
}

export async function importApp(states: readonly unknown[], warn: Warn): Promise<void> {
  for (const [index, hooks] of registered().entries()) {
    if (states[index] === undefined) continue;
    try {
      await hooks.import?.(states[index]);
    } catch (error) {
      warn(`The app's hook import() failed: ${(error as Error).message}`);
    }
  }
}

/** @returns undefined where no hook wants anything of a socket @throws what the app throws, and for what cannot be cloned */
export function exportSockets(
  sockets: readonly { readonly id: string }[],
): Record<string, unknown[]> | undefined {
  const hooks = registered();
  if (!hooks.some((one) => one.exportSocket !== undefined)) return undefined;
  const states: Record<string, unknown[]> = {};
  for (const socket of sockets) states[socket.id] = hooks.map((one) => cloneable(one.exportSocket?.(socket)));
  return states;
}

/** @throws what the app throws */
export function importSockets(
  sockets: readonly { readonly id: string }[],
  states: Readonly<Record<string, unknown[]>> | undefined,
): void {
  if (states === undefined) return;
  for (const [index, hooks] of registered().entries()) {
    for (const socket of sockets) {
      const state = states[socket.id]?.[index];
      if (state !== undefined) hooks.importSocket?.(socket, state);
    }
  }
}

/** A copy, as the other worker will get it. @throws a DataCloneError */
const cloneable = <T>(value: T): T => (value === undefined ? value : structuredClone(value));
