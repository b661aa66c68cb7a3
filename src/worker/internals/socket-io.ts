/**
 * Worker: the parts of socket.io that Holdfast touches, in one place. Proven on socket.io 4.6 to 4.8.
 * Public: `Server#adapter(constructor)` (called by the constructor, by the app, and never otherwise), `Server#engine`, `Server#bind`.
 */

import type { Engine } from "./engine.js";

export type AdapterConstructor = new (namespace: never) => unknown;

export type SocketIoServer = {
  readonly engine?: Engine;
  adapter(): AdapterConstructor | undefined;
  adapter(value: AdapterConstructor): SocketIoServer;
  bind(engine: Engine): SocketIoServer;
};

type ServerClass = { prototype: SocketIoServer };

/** Lets `choose` exchange each adapter that a server of this copy of socket.io is given. */
export function onAdapterSet(
  serverClass: ServerClass,
  choose: (given: AdapterConstructor) => AdapterConstructor,
): void {
  const { adapter } = serverClass.prototype as unknown as { adapter: (...args: unknown[]) => unknown };
  (serverClass.prototype as unknown as { adapter: unknown }).adapter = function (
    this: unknown,
    ...args: unknown[]
  ) {
    const [given] = args;
    if (typeof given !== "function") return adapter.apply(this, args);
    return adapter.call(this, choose(given as AdapterConstructor));
  };
}
