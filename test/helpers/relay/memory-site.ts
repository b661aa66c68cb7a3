/** Test helper: a site in one process: hosts that come and go, messages in order, and losses that are told. As asynchronous as the real one. */

import type { Site, SiteCounters, SiteHandlers, SiteHost } from "../../../src/bridge/site.js";

type Member = {
  readonly self: SiteHost;
  readonly handlers: () => SiteHandlers | undefined;
  hosts: SiteHost[];
};

type Sent = {
  readonly from: number;
  readonly to: readonly number[];
  readonly payload: Buffer;
  readonly volatile: boolean;
};

export class MemorySite {
  /** Messages that were sent, by the host that sent them: how many hosts each went to. */
  readonly sent: Sent[] = [];
  readonly #members = new Map<string, Member>();
  /** From and to: messages are lost while it is so. */
  readonly #broken = new Set<string>();
  readonly #missing = new Set<string>();
  #tokens = 0;
  #busy = 0;

  /** @param handlers undefined while nobody is to be told */
  join(host: number, handlers: () => SiteHandlers | undefined): Site {
    this.#tokens += 1;
    const self: SiteHost = {
      host,
      token: `token${this.#tokens}`,
      fleet: `fleet${host}`,
      address: "127.0.0.1",
      port: 1,
      workers: 1,
      sessions: 0,
      version: "0",
    };
    const member: Member = { self, handlers, hosts: [...this.#members.values()].map((other) => other.self) };
    for (const other of this.#members.values()) {
      this.#later(() => {
        other.hosts = [...other.hosts, self];
        other.handlers()?.hostUp(self);
      });
    }
    this.#members.set(self.token, member);
    return this.#siteOf(member);
  }

  /** As a host whose lease is over. */
  remove({ self }: Site): void {
    this.#members.delete(self.token);
    for (const other of this.#members.values()) {
      this.#later(() => {
        other.hosts = other.hosts.filter(({ token }) => token !== self.token);
        other.handlers()?.hostDown(self);
      });
    }
  }

  /** Messages from one to the other are lost until {@link mend}. */
  break(from: Site, to: Site): void {
    this.#broken.add(wayOf(from.self, to.self));
  }

  /** The next message is preceded by the notice of loss, if any was lost. */
  mend(from: Site, to: Site): void {
    this.#broken.delete(wayOf(from.self, to.self));
  }

  /** The one is told that messages of the other are missing, without any being so. */
  lose(from: Site, to: Site): void {
    const member = this.#members.get(to.self.token);
    this.#later(() => member?.handlers()?.lost(from.self));
  }

  /** Resolves once nothing is on its way. */
  async settled(): Promise<void> {
    while (this.#busy > 0) await new Promise((resolve) => setImmediate(resolve));
  }

  #siteOf(member: Member): Site {
    const { self } = member;
    const counters: SiteCounters = {
      published: 0,
      publishedBytes: 0,
      received: 0,
      receivedBytes: 0,
      gaps: 0,
      dropped: { volatile: 0, overflow: 0, underWay: 0, tooLarge: 0 },
    };
    return {
      self,
      counters,
      queuedBytes: 0,
      redis: { up: true, since: 0, why: null },
      hosts: () => member.hosts,
      send: (to, payload, volatile = false) => {
        const hosts = to.map(({ host }) => host);
        this.sent.push({ from: self.host, to: hosts, payload, volatile });
        this.#send(self, to, payload);
      },
      leave: () => Promise.resolve(this.remove({ self } as Site)),
    };
  }

  #send(from: SiteHost, to: readonly SiteHost[], payload: Buffer): void {
    if (!this.#members.has(from.token)) return;
    for (const { token } of to) {
      const member = this.#members.get(token);
      if (member !== undefined) this.#deliver(from, member, payload);
    }
  }

  #deliver(from: SiteHost, to: Member, payload: Buffer): void {
    const way = wayOf(from, to.self);
    if (this.#broken.has(way)) {
      this.#missing.add(way);
      return;
    }
    const lost = this.#missing.delete(way);
    this.#later(() => {
      if (!this.#members.has(to.self.token)) return;
      if (lost) to.handlers()?.lost(from);
      // A copy that is wiped afterwards: whoever keeps the view is found out.
      const view = Buffer.from(payload);
      if (to.hosts.some(({ token }) => token === from.token)) to.handlers()?.message(from, view);
      view.fill(0xee);
    });
  }

  #later(call: () => void): void {
    this.#busy += 1;
    setImmediate(() => {
      this.#busy -= 1;
      call();
    });
  }
}

function wayOf(from: SiteHost, to: SiteHost): string {
  return `${from.token}>${to.token}`;
}
