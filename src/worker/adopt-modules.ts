/** Worker: finds every copy of socket.io, engine.io and their companions that the app loads, and takes each over as it appears. */

import { HoldfastError } from "../base/errors.js";
import { isBuiltApart } from "./apart.js";
import { type Engine, isEngine, onEngineCreated } from "./internals/engine.js";
import { rememberClass } from "./internals/loaded-classes.js";
import { modulesSoFar, onModuleLoaded } from "./internals/modules.js";
import { type AdapterConstructor, isInMemoryAdapter, onAdapterSet } from "./internals/socket-io.js";
import { watchClass } from "./internals/socket-io-hooks.js";

export type Adoption = {
  engine(engine: Engine): void;
  /** The adapter that joins the workers. */
  readonly adapter: AdapterConstructor;
  warn(sentence: string): void;
};

type Exports = Record<string, unknown>;
type Handler = (exports: Exports, state: State) => void;
type State = Adoption & { readonly clusterOnly: WeakSet<object> };

const STRANGE_ENGINE =
  "This engine.io is built in a way that Holdfast does not know: each worker serves only what it accepts itself. Run one worker, or let clients use WebSocket only.";

const PACKAGES: readonly (readonly [RegExp, Handler])[] = [
  [/[\\/]engine\.io[\\/]build[\\/]server\.js$/, adoptEngineIo],
  [/[\\/]socket\.io[\\/]dist[\\/]index\.js$/, adoptSocketIo],
  [/[\\/]@socket\.io[\\/]sticky[\\/]/, disarmSticky],
  [/[\\/]@socket\.io[\\/]cluster-adapter[\\/]/, rememberClusterAdapter],
];

export function adoptModules(adoption: Adoption): void {
  const state: State = { ...adoption, clusterOnly: new WeakSet() };
  for (const [filename, exports] of modulesSoFar()) noteClasses(filename, exports);
  onModuleLoaded((filename, exports) => {
    noteClasses(filename, exports);
    for (const [pattern, handler] of PACKAGES) if (pattern.test(filename)) handler(exports, state);
  });
}

/** For sessions that move: they are taken apart and built with classes that the packages do not export. */
function noteClasses(filename: string, exports: object): void {
  const loaded = rememberClass(filename, exports);
  if (loaded !== undefined) watchClass(loaded);
}

function adoptEngineIo(exports: Exports, state: State): void {
  const server = exports.Server as { prototype: object } | undefined;
  if (typeof server !== "function") return;
  const adopt = (engine: Engine): void => {
    if (isBuiltApart()) return;
    if (isEngine(engine)) state.engine(engine);
    else state.warn(STRANGE_ENGINE);
  };
  if (!onEngineCreated(server, adopt)) state.warn(STRANGE_ENGINE);
}

/** An adapter that the app chose wins; the one that socket.io takes by itself knows only this process. */
function adoptSocketIo(exports: Exports, state: State): void {
  const server = exports.Server as { prototype: never } | undefined;
  if (typeof server !== "function") return;
  const { adapter, clusterOnly, warn } = state;
  onAdapterSet(server, (given) => {
    if (isBuiltApart()) return given;
    if (isInMemoryAdapter(given)) return adapter;
    if (!clusterOnly.has(given)) return given;
    warn(
      "This app sets the adapter of @socket.io/cluster-adapter, which needs node:cluster; holdfast joins the workers itself. Remove io.adapter(createAdapter()).",
    );
    return adapter;
  });
}

function disarmSticky(exports: Exports, { warn }: State): void {
  if (typeof exports.setupWorker !== "function") return;
  redefine(exports, "setupWorker", () => {
    warn(
      "This app calls setupWorker() of @socket.io/sticky; holdfast keeps sessions with their worker itself. Remove that call.",
    );
  });
  redefine(exports, "setupMaster", () => {
    throw ownCluster("setupMaster() of @socket.io/sticky");
  });
}

function rememberClusterAdapter(exports: Exports, { clusterOnly }: State): void {
  const create = exports.createAdapter as ((...args: unknown[]) => object) | undefined;
  if (typeof create !== "function") return;
  redefine(exports, "createAdapter", (...args: unknown[]) => {
    const adapter = create(...args);
    clusterOnly.add(adapter);
    return adapter;
  });
}

/** Compiled TypeScript exports with getters; a plain assignment would be lost. */
function redefine(exports: Exports, name: string, value: unknown): void {
  Object.defineProperty(exports, name, { value, configurable: true, enumerable: true, writable: true });
}

/** The app forks by itself: it would start a fleet inside each worker of ours. */
export function ownCluster(call: string): HoldfastError {
  return new HoldfastError(
    "ERR_APP_CLUSTERS_ITSELF",
    `This app starts its own workers with ${call}; holdfast does that. Remove the part that forks, so that every process just runs the app.`,
  );
}
