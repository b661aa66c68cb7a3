/** Test helper: a site in one process for relays, which must be made before they can be told anything; what they say is written down. */

import type { Site, SiteHandlers } from "../../../src/bridge/site.js";
import { type MemorySite as Member, MemoryRedis } from "../memory-site.js";

type Sent = {
  readonly from: number;
  readonly to: readonly number[];
  readonly payload: Buffer;
  readonly volatile: boolean;
};

export class MemorySite {
  /** What hosts sent. */
  readonly sent: Sent[] = [];
  readonly #redis = new MemoryRedis();
  readonly #members = new Map<string, Member>();

  /** @param handlers undefined while nobody is to be told */
  join(host: number, handlers: () => SiteHandlers | undefined): Site {
    const member = this.#redis.join(
      {
        message: (from, payload) => {
          // A copy that is wiped afterwards: whoever keeps the view is found out.
          const view = Buffer.from(payload);
          handlers()?.message(from, view);
          view.fill(0xee);
        },
        hostUp: (other) => handlers()?.hostUp(other),
        hostDown: (other) => handlers()?.hostDown(other),
        hostChanged: (other) => handlers()?.hostChanged?.(other),
        lost: (from) => handlers()?.lost(from),
      },
      { host },
    );
    this.#members.set(member.self.token, member);
    const send = member.send.bind(member);
    member.send = (to, payload, volatile = false) => {
      this.sent.push({ from: host, to: to.map((other) => other.host), payload, volatile });
      send(to, payload, volatile);
    };
    return member;
  }

  /** As a host whose lease is over. */
  remove(site: Site): void {
    this.#redis.kill(this.#memberOf(site));
    this.#members.delete(site.self.token);
  }

  /** Messages from one to the other are lost until {@link mend}. */
  break(from: Site, to: Site): void {
    this.#memberOf(from).losses.set(this.#memberOf(to), Infinity);
  }

  /** Before the next message the receiver is told, if any was lost. */
  mend(from: Site, to: Site): void {
    this.#memberOf(from).losses.delete(this.#memberOf(to));
  }

  /** The one is told that messages of the other are missing, without any being so. */
  lose(from: Site, to: Site): void {
    this.#memberOf(to).later(() => this.#members.get(to.self.token)?.loses(from.self));
  }

  /** Redis is away: what is sent waits. */
  goAway(): void {
    this.#redis.goAway();
  }

  /** Everybody is told that messages of everybody may be missing. */
  comeBack(): void {
    this.#redis.comeBack();
  }

  /** Resolves once nothing is on its way. */
  settled(): Promise<void> {
    return this.#redis.settled();
  }

  #memberOf({ self }: Site): Member {
    const member = this.#members.get(self.token);
    if (member === undefined) throw new Error(`host ${self.host} has left`);
    return member;
  }
}
