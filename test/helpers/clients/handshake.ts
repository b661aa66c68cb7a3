/** Test helper: the first request of a session, and no more of it. */

import { ownerOf } from "../../../src/routing/sid.js";
import type { Fleet } from "../fleet.js";
import { RawConnection } from "../raw-connection.js";

export type Handshake = {
  /** That the new session's id names. */
  readonly slot: number;
  /** The `Set-Cookie` header, or empty. */
  readonly cookie: string;
};

/** @throws when no session is opened */
export async function handshake(fleet: Fleet, headers: Record<string, string> = {}): Promise<Handshake> {
  const connection = await RawConnection.open(fleet.port);
  const opened = await handshakeOn(connection, headers);
  connection.destroy();
  return opened;
}

/** @throws when no session is opened */
export async function handshakeOn(
  connection: RawConnection,
  headers: Record<string, string> = {},
): Promise<Handshake> {
  const answer = await connection.get("/socket.io/?EIO=4&transport=polling", headers);
  if (answer.status !== 200) throw new Error(`handshake: ${answer.status} ${answer.body}`);
  const { sid } = JSON.parse(answer.body.toString().slice(1)) as { sid: string };
  const owner = ownerOf(sid);
  if (owner === undefined) throw new Error(`the session id ${sid} names no owner`);
  return { slot: owner.slot, cookie: answer.headers.get("set-cookie") ?? "" };
}

/** How many sessions each slot got, in the order of the slots. */
export function sessionsBySlot(opened: readonly Handshake[], slots: number): number[] {
  return Array.from({ length: slots }, (_, slot) => opened.filter((one) => one.slot === slot).length);
}
