/** Test helper, pure: who of the members must hear what was said in an epoch, and who may or must not. */

import type { Relay } from "../../../../src/bridge/relay/relay.js";
import type { Site } from "../../../../src/bridge/site.js";
import type { MemoryBus } from "../../../../src/bus/memory-bus.js";
import type { MovingFleet, Session, Worker } from "../../adapter/moves/moving-fleet.js";

export type Host = {
  readonly number: number;
  readonly fleet: MovingFleet;
  bus: MemoryBus;
  site: Site;
  relay: Relay;
};
export type Member = {
  readonly session: Session;
  readonly host: Host;
  readonly worker: Worker;
  /** When the epoch began. */
  before: ReadonlySet<string>;
  /** Entered or left in this epoch. */
  readonly touched: Set<string>;
  /** It came in this epoch. */
  isNew: boolean;
  checked: number;
};
export type Said = {
  readonly number: number;
  readonly by: Worker;
  readonly host: Host;
  readonly room: string | undefined;
};

/** What went wrong in this epoch, so that something may be missing. */
export type Troubles = {
  /** From one host to another, by their numbers. */
  readonly broken: ReadonlySet<string>;
  readonly failed: ReadonlySet<Host>;
  readonly newcomers: ReadonlySet<Worker>;
};

/** @param said in this epoch @returns what this member should not have heard, or should have, or heard in a wrong order */
export function wrongAt(member: Member, said: readonly Said[], troubles: Troubles): string[] {
  const heard = member.session.heard.slice(member.checked) as ["m", number, number][];
  const wrong: string[] = [];
  const numbers = heard.map(([, , number]) => number);
  for (const one of said) {
    const times = numbers.filter((number) => number === one.number).length;
    const verdict = verdictOn(member, one, troubles);
    const isRight = times <= 1 && !(verdict === "must" && times === 0) && !(verdict === "never" && times > 0);
    if (!isRight) {
      const { session, host } = member;
      wrong.push(
        `${session.id} of host ${host.number} got ${one.number} of ${one.by.bus.self.key} in ${one.room} ${times} times, ${verdict}`,
      );
    }
  }
  for (const name of new Set(heard.map(([, by]) => by))) {
    const own = heard.filter(([, by]) => by === name).map(([, , number]) => number);
    if (String(own) !== String([...own].sort((a, b) => a - b))) wrong.push(`${member.session.id}: ${own}`);
  }
  return wrong;
}

function verdictOn(
  { host, worker, before, touched, isNew }: Member,
  said: Said,
  { broken, failed, newcomers }: Troubles,
): "must" | "may" | "never" {
  const { room } = said;
  if (room !== undefined && touched.has(room)) return "may";
  if (room !== undefined && !before.has(room)) return isNew ? "may" : "never";
  const isHere = worker === said.by;
  const isBroken = host !== said.host && broken.has(`${said.host.number}>${host.number}`);
  const hasFailed = failed.has(host) || failed.has(said.host) || isBroken;
  const isUncertain = hasFailed || newcomers.has(said.by);
  return isNew || (isUncertain && !isHere) ? "may" : "must";
}
