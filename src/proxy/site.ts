/**
 * Proxy: what a site is, to whoever writes a configuration for the proxy in front of it: names, ports, hosts and their slots. Pure.
 * The values are checked by whoever makes a site (cli/proxy-site.ts): what stands here is written into the text as it is.
 */

import { hostPrefix, sidPrefix } from "../routing/sid.js";

/** How a proxy finds the worker of a request. */
export const STICKY_WAYS = ["sid", "ip-hash", "cookie", "header"] as const;
export type StickyWay = (typeof STICKY_WAYS)[number];

/** One worker, or all workers of a host behind one port, as a proxy reaches them. */
export type Backend = {
  /** Undefined: the workers of the host share the address. Within a site all backends have a slot, or none has. */
  readonly slot?: number;
  /** `address:port`, or `unix:/path` */
  readonly address: string;
  /** Its share of the new sessions, next to those of the others. Default 1. */
  readonly weight?: number;
};

export type Host = {
  /** The number that its sids carry, 0..1295. */
  readonly number: number;
  readonly backends: readonly Backend[];
};

export type Tls = { readonly certificate: string; readonly key: string };

export type Site = {
  /** Of the fleet; for people. */
  readonly name: string;
  /** None: every name is served. */
  readonly serverNames: readonly string[];
  /** The public port. */
  readonly port: number;
  /** What the proxy shows to clients; without it plain HTTP. */
  readonly tls?: Tls;
  /** HTTP/2 for clients; needs TLS. */
  readonly http2: boolean;
  readonly hosts: readonly Host[];
  /** Of the app's engine. Milliseconds. */
  readonly pingInterval: number;
  readonly pingTimeout: number;
  /** How many sessions may be open at once. */
  readonly sessions: number;
  readonly sticky: StickyWay;
  /** Name of the header for `header`, such as `X-User`. */
  readonly stickyHeader?: string;
  /** Which nginx will read it, such as `1.26.3`; undefined: text that every one from 1.15.3 on reads. */
  readonly nginxVersion?: string;
  readonly kubernetes?: KubernetesPlace;
};

/** What only manifests need. */
export type KubernetesPlace = {
  readonly namespace: string;
  /** Of the app; its command is `holdfast start …`. */
  readonly image: string;
  /** Of each pod. */
  readonly workers: number;
};

/** All of a site but its name and who stands behind. */
export type CommonParts = Omit<Site, "name" | "hosts">;

/** A backend with what a request needs to name it. */
export type Owner = Backend & {
  readonly host: number;
  /** The first characters of the sids of its sessions: four, or two where its workers share an address. */
  readonly prefix: string;
};

/** Beyond pingInterval + pingTimeout, after which a silent session is dead to both sides. Milliseconds. */
const TIMEOUT_SLACK = 15_000;
/** Connections for requests that belong to no session: pages, health checks, newcomers. */
const CONNECTION_SLACK = 1024;
/** How many others stand in for a worker that is down. */
const STAND_INS = 2;

/** What `header` falls back to is for sites that were not checked. */
const NO_HEADER = "X-Session";

export function headerOf({ stickyHeader = NO_HEADER }: Site): string {
  return stickyHeader;
}

/** Every backend of every host, in the order of hosts and slots. */
export function ownersOf(site: Site): Owner[] {
  return site.hosts.flatMap(({ number, backends }) =>
    backends.map((backend) => ({
      ...backend,
      host: number,
      prefix:
        backend.slot === undefined ? hostPrefix(number) : sidPrefix({ host: number, slot: backend.slot }),
    })),
  );
}

/** What a backend is: `host` where the workers of each share an address. */
export function unitOf(site: Site): "worker" | "host" {
  return site.hosts.some(({ backends }) => backends.some(({ slot }) => slot === undefined))
    ? "host"
    : "worker";
}

/** How many characters of a sid name its backend. */
export function prefixLengthOf(site: Site): 2 | 4 {
  return unitOf(site) === "host" ? 2 : 4;
}

/** What must stand behind the prefix, as an expression: a sid has four characters of base 36, and more. */
export function restOf(site: Site): string {
  return unitOf(site) === "host" ? "[0-9a-z]{2}." : ".";
}

/** For comments. */
export function prefixWords(site: Site): string {
  return unitOf(site) === "host"
    ? "A session id begins with two characters that name its host, whose workers share one address."
    : "A session id begins with four characters that name its worker: two for the host, two for the slot.";
}

/**
 * Who answers for a worker that is down: the next of its host, which bring strays home once the worker is back, and one of the
 * next host, where there is one. Few, so that the text grows with the workers and not with their square.
 */
export function standInsOf(owner: Owner, owners: readonly Owner[]): Owner[] {
  const at = owners.findIndex(({ prefix }) => prefix === owner.prefix);
  const others = [...owners.slice(at + 1), ...owners.slice(0, at)];
  const here = others.filter(({ host }) => host === owner.host);
  const elsewhere = others.filter(({ host }) => host !== owner.host).slice(0, 1);
  return [...here.slice(0, STAND_INS - elsewhere.length), ...elsewhere];
}

/** How long a connection may be silent before the proxy closes it. Whole seconds. */
export function silenceOf({ pingInterval, pingTimeout }: Site): number {
  return Math.ceil((pingInterval + pingTimeout + TIMEOUT_SLACK) / 1000);
}

/** Two for each session, one of the client and one of the worker, and some for the rest. */
export function connectionsOf({ sessions }: Site): number {
  return 2 * sessions + CONNECTION_SLACK;
}

/** `4 workers on 1 host`, or `3 hosts` */
export function sizeOf(site: Site): string {
  if (unitOf(site) === "host") return counted(site.hosts.length, "host");
  return `${counted(ownersOf(site).length, "worker")} on ${counted(site.hosts.length, "host")}`;
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;
