import { EventEmitter } from "node:events";
import { Adapter, ClusterAdapter, SessionAwareAdapter } from "socket.io-adapter";
import { expect, it } from "vitest";
import { type AdapterConstructor, isInMemoryAdapter } from "../../../src/worker/internals/socket-io.js";

const asConstructor = (adapter: unknown): AdapterConstructor => adapter as AdapterConstructor;

it.each([
  ["none", undefined],
  ["the plain one", Adapter],
  ["the one with recovery", SessionAwareAdapter],
])("%s knows only this process", (_what, adapter) => {
  expect(isInMemoryAdapter(adapter && asConstructor(adapter))).toBe(true);
});

it("a class that lost its name in a bundle is known by its shape", () => {
  for (const adapter of [Adapter, SessionAwareAdapter]) {
    const name = Object.getOwnPropertyDescriptor(adapter, "name") as PropertyDescriptor;
    Object.defineProperty(adapter, "name", { ...name, value: "e" });
    expect(isInMemoryAdapter(asConstructor(adapter))).toBe(true);
    Object.defineProperty(adapter, "name", name);
  }
});

it.each([
  ["a subclass of the app", class extends Adapter {}],
  [
    "a subclass that broadcasts",
    class extends Adapter {
      override broadcast(): void {}
    },
  ],
  ["a subclass of the one with recovery", class extends SessionAwareAdapter {}],
  ["one for several processes", ClusterAdapter],
  ["one made from nothing", class extends EventEmitter {}],
  ["a function", () => new Adapter({})],
])("%s is the app's choice", (_what, adapter) => {
  expect(isInMemoryAdapter(asConstructor(adapter))).toBe(false);
});
