/** Worker (old): takes the sessions of a batch apart, all in one turn: nothing is broadcast between the first and the last. */

import type { Position, SessionMoves } from "../../adapter/session-moves.js";
import { callApp } from "./app-call.js";
import { exportSockets } from "./hooks.js";
import type { Leaver } from "./leaver.js";
import type { Movable, StayReason } from "./session-codec.js";
import type { Taker } from "./taker.js";
import type { Transit } from "./transit.js";

export type DepartOptions = {
  readonly moves: SessionMoves;
  readonly transit: Transit;
  warn(sentence: string): void;
};

export type DepartedBatch = {
  /** In the order in which the taker numbers them. */
  readonly gone: readonly Leaver[];
  /** `busy`: it may be able to leave later. */
  readonly stayed: readonly { readonly sid: string; readonly reason: StayReason; readonly busy: boolean }[];
  readonly position: Position;
};

export function depart(leavers: readonly Leaver[], taker: Taker, options: DepartOptions): DepartedBatch {
  const { transit, moves } = options;
  // The app may do what it likes in its hooks: all of them before the first session leaves.
  const apps = leavers.map((leaver) => appOf(leaver, options));
  const gone: Leaver[] = [];
  const stayed: DepartedBatch["stayed"][number][] = [];
  for (const leaver of leavers) answerFor(leaver, moves);
  for (const [index, leaver] of leavers.entries()) {
    const reason = leaver.depart(apps[index]);
    if (reason === undefined) {
      gone.push(leaver);
      continue;
    }
    transit.returned(leaver.sid);
    moves.settled(leaver.socketIds);
    const busy = reason === "wait";
    stayed.push({ sid: leaver.sid, busy, reason: stayReason(leaver.movable, reason) });
  }
  const position = moves.position();
  for (const [number, leaver] of gone.entries()) {
    leaver.taker = taker;
    taker.session(number, leaver.message, leaver.departed.handle);
  }
  // Last: what the app broadcasts now reaches all of them where they go.
  for (const { departed } of gone) callApp(() => departed.tellApp());
  return { gone, stayed, position };
}

/** What is said of a session that does not leave. */
export function stayReason(session: Movable, obstacle: StayReason | "wait"): StayReason {
  return obstacle === "wait" ? (session.waitingFor() ?? "unfinished") : obstacle;
}

/** Until they are known to be there, this worker answers for them. */
function answerFor(leaver: Leaver, moves: SessionMoves): void {
  const sockets = leaver.movable.sockets() as readonly { readonly id: string; readonly nsp: object }[];
  leaver.socketIds = sockets.map(({ id }) => id);
  moves.departing(sockets.map((socket) => ({ namespace: socket.nsp, socket })));
}

function appOf({ movable }: Leaver, { warn }: DepartOptions): ReturnType<typeof exportSockets> {
  try {
    return exportSockets(movable.sockets());
  } catch (error) {
    warn(`The app's hook exportSocket() failed, and its state stays behind: ${(error as Error).message}`);
    return undefined;
  }
}
