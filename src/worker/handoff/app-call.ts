/** Worker: calls the app in the middle of a handoff: what it throws is an uncaught exception, as it always is, and no business of ours. */

import { importSockets } from "./hooks.js";
import type { Arrived } from "./session-codec.js";

export function callApp(call: () => void): void {
  try {
    call();
  } catch (error) {
    process.nextTick(() => {
      throw error;
    });
  }
}

/** The app hears of a session that arrived, or came back, with what it took along for each socket. */
export function announce(session: Arrived, app: Parameters<typeof importSockets>[1]): void {
  callApp(() => {
    importSockets(
      session.sockets.map(({ socket }) => socket),
      app,
    );
    session.announce();
  });
}
