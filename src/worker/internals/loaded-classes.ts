/**
 * Worker: the classes of each copy of engine.io, socket.io and ws that the app loaded. Sessions that come from another worker are built with
 * them, and the packages do not export all of them. Copies are told apart by the folder that their modules were loaded from.
 */

import { dirname } from "node:path";

type Class = abstract new (...args: never[]) => object;

/** A class of a package: which file exports it, under which name (none: the module is the class), and how it is called here. */
const FILES: readonly (readonly [RegExp, string | undefined, string])[] = [
  [/[\\/]engine\.io[\\/]build[\\/]server\.js$/, "Server", "EngineServer"],
  [/[\\/]engine\.io[\\/]build[\\/]socket\.js$/, "Socket", "EngineSession"],
  [/[\\/]socket\.io[\\/]dist[\\/]index\.js$/, "Server", "Server"],
  [/[\\/]socket\.io[\\/]dist[\\/]client\.js$/, "Client", "Client"],
  [/[\\/]socket\.io[\\/]dist[\\/]socket\.js$/, "Socket", "Socket"],
  [/[\\/]socket\.io-parser[\\/]build[\\/]cjs[\\/]index\.js$/, "Decoder", "Decoder"],
  [/[\\/]ws[\\/]lib[\\/]websocket\.js$/, undefined, "WebSocket"],
  [/[\\/]ws[\\/]lib[\\/]permessage-deflate\.js$/, undefined, "PerMessageDeflate"],
];

/** By folder. */
const folders = new Map<string, Map<string, Class>>();
const folderOfPrototype = new WeakMap<object, string>();

export type LoadedClass = { readonly name: string; readonly class: Class };

/** @returns the class that this module brought, if it is one of those */
export function rememberClass(filename: string, exports: object): LoadedClass | undefined {
  const entry = FILES.find(([pattern]) => pattern.test(filename));
  if (entry === undefined) return undefined;
  const [, key, name] = entry;
  const found = key === undefined ? exports : (exports as Record<string, unknown>)[key];
  if (typeof found !== "function") return undefined;
  const folder = dirname(filename);
  const classes = folders.get(folder) ?? new Map<string, Class>();
  folders.set(folder, classes.set(name, found as unknown as Class));
  folderOfPrototype.set(found.prototype as object, folder);
  return { name, class: found as unknown as Class };
}

/** The folder from which the class of `instance`, or one that it extends, was loaded. */
export function folderOf(instance: object): string | undefined {
  // An app may have derived a class of its own.
  for (let at: object | null = instance; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    const folder = folderOfPrototype.get(at);
    if (folder !== undefined) return folder;
  }
  return undefined;
}

/** The classes of that name, one of each copy that was loaded. */
export function loadedClasses(name: string): Class[] {
  return [...folders.values()].map((classes) => classes.get(name)).filter((found) => found !== undefined);
}

/** The class of that name in the copy of the package that `instance` comes from; undefined where it was not seen to be loaded. */
export function siblingClass(instance: object, name: string): Class | undefined {
  const folder = folderOf(instance);
  return folder === undefined ? undefined : folders.get(folder)?.get(name);
}
