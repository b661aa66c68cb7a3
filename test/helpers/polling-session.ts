/** Test helper: an Engine.IO session by long-polling, over connections that the test chooses. */

import type { RawConnection, RawResponse } from "./raw-connection.js";

const PATH = "/socket.io/?EIO=4&transport=polling";

export type Session = { readonly sid: string; readonly slot: number; readonly target: string };

/** Opens a session and joins the main namespace. */
export async function openSession(connection: RawConnection): Promise<Session> {
  const opened = await connection.get(PATH);
  if (opened.status !== 200) throw new Error(`handshake: ${opened.status} ${opened.body.toString()}`);
  const { sid } = JSON.parse(opened.body.toString().slice(1)) as { sid: string };
  const session = { sid, slot: Number.parseInt(sid.slice(2, 4), 36), target: `${PATH}&sid=${sid}` };
  await connection.post(session.target, "40");
  await packets(connection, session, (all) => all.some((packet) => packet.startsWith("40")));
  return session;
}

/** Opens sessions on new connections until one is owned by each slot. */
export async function sessionOnEachSlot(
  slots: number,
  connect: () => Promise<RawConnection>,
): Promise<{ session: Session; connection: RawConnection }[]> {
  const found = new Map<number, { session: Session; connection: RawConnection }>();
  for (let attempt = 0; found.size < slots && attempt < 500; attempt++) {
    const connection = await connect();
    const session = await openSession(connection);
    if (found.has(session.slot)) connection.destroy();
    else found.set(session.slot, { session, connection });
  }
  if (found.size < slots) throw new Error(`only slots ${[...found.keys()]} got a session`);
  return [...found.entries()].sort(([a], [b]) => a - b).map(([, entry]) => entry);
}

/** Polls until the packets so far satisfy `enough`. @returns all of them */
export async function packets(
  connection: RawConnection,
  session: Session,
  enough: (packets: string[]) => boolean,
): Promise<string[]> {
  const all: string[] = [];
  while (!enough(all)) {
    const response = await connection.get(session.target);
    expectOk(response);
    all.push(...response.body.toString().split("\x1e"));
  }
  return all;
}

/** Emits `echo` with an acknowledgement and waits for it. */
export async function echo(
  connection: RawConnection,
  session: Session,
  id: number,
  text: string,
): Promise<void> {
  expectOk(await connection.post(session.target, `42${id}${JSON.stringify(["echo", text])}`));
  const expected = `43${id}${JSON.stringify([text])}`;
  await packets(connection, session, (all) => all.includes(expected));
}

export function expectOk(response: RawResponse): void {
  if (response.status !== 200) throw new Error(`${response.status} ${response.body.toString()}`);
}

/** Opens connections until one was accepted by the worker of this slot. */
export async function connectionTo(
  slot: number,
  connect: () => Promise<RawConnection>,
): Promise<RawConnection> {
  for (let attempt = 0; attempt < 1000; attempt++) {
    const connection = await connect();
    const accepted = await connection.get("/slot");
    if (accepted.body.toString() === `${slot}`) return connection;
    connection.destroy();
  }
  throw new Error(`slot ${slot} accepted none of 1000 connections`);
}

/** A session, a connection that its owner accepted, and one that the worker of the next slot accepted. */
export async function strayPair(
  slots: number,
  connect: () => Promise<RawConnection>,
): Promise<{ session: Session; own: RawConnection; other: RawConnection }> {
  const [entry] = await sessionOnEachSlot(1, connect);
  if (entry === undefined) throw new Error("no session was opened");
  const other = await connectionTo((entry.session.slot + 1) % slots, connect);
  return { session: entry.session, own: entry.connection, other };
}
