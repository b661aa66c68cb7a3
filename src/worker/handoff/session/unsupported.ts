/** Worker: whether an engine of the app consists of versions whose sessions were proven to move. */

import type { Engine } from "../../internals/engine.js";
import { engineInside } from "../../internals/engine-session.js";
import { folderOf } from "../../internals/loaded-classes.js";
import { serverOn } from "../../internals/socket-io-hooks.js";
import { parserOf } from "../../internals/socket-io-session.js";
import { unprovenNode, unprovenPart } from "../../internals/versions.js";
import { webSocketClassOf } from "../../internals/websocket.js";

/** @returns one sentence about the first thing that is not as it was proven */
export function unsupportedBy(engines: readonly Engine[]): string | undefined {
  const sentences = [unprovenNode(), ...engines.flatMap(ofEngine)];
  return sentences.find((sentence) => sentence !== undefined);
}

function ofEngine(engine: Engine): (string | undefined)[] {
  const io = serverOn(engine);
  // Without Socket.IO no session of it moves, and that is said of each of them.
  if (io === undefined) return [];
  return [
    unprovenPart("engine.io", engine),
    unprovenPart("socket.io", io),
    ofWebSockets(engine),
    ofParser(io),
  ];
}

function ofWebSockets(engine: Engine): string | undefined {
  const { ws } = engineInside(engine);
  if (ws === undefined) return undefined;
  const found = webSocketClassOf(ws);
  if (found === undefined) return "Sessions cannot move between workers: the app's `wsEngine` is not ws.";
  return unprovenPart("ws", found.prototype as object);
}

/** Other parsers, such as that of MessagePack, keep no half packets. */
function ofParser(io: Parameters<typeof parserOf>[0]): string | undefined {
  const parser = parserOf(io);
  return folderOf(parser) === undefined ? undefined : unprovenPart("socket.io-parser", parser);
}
