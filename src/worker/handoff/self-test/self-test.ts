/**
 * Worker: before a new worker says that it can take sessions over, it moves one of its own. What Holdfast knows of the packages under an app
 * may be wrong in a way that no table of versions shows, and nobody's session is to be the one that finds out.
 */

import type { Engine } from "../../internals/engine.js";
import { engineInside } from "../../internals/engine-session.js";
import { loadedClasses } from "../../internals/loaded-classes.js";
import { type SocketIoClass, Trial } from "./trial.js";

/** It takes 40 to 80 ms. Milliseconds. */
const LIMIT = 2000;

/**
 * Moves a session of each copy of socket.io that the app has loaded.
 * @param engines of the app: where one compresses, so does the session
 * @returns one sentence about what went wrong; undefined where sessions can move, and where there is no socket.io
 */
export async function testHandoff(engines: readonly Engine[]): Promise<string | undefined> {
  const compressed = engines.some((engine) => Boolean(engineInside(engine).opts?.perMessageDeflate));
  for (const SocketIo of loadedClasses("Server")) {
    const sentence = await testOne(SocketIo as unknown as SocketIoClass, compressed);
    if (sentence !== undefined) return sentence;
  }
  return undefined;
}

async function testOne(SocketIo: SocketIoClass, compressed: boolean): Promise<string | undefined> {
  const trial = new Trial();
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${LIMIT} ms`)), LIMIT);
  });
  try {
    await Promise.race([trial.run(SocketIo, compressed), limit]);
    return undefined;
  } catch (error) {
    const [why] = `${(error as Error).message}`.split("\n");
    return `The self test of the handoff failed where ${trial.step} (${why}): a reload tells clients to reconnect instead of moving their sessions.`;
  } finally {
    clearTimeout(timer);
    trial.close();
  }
}
