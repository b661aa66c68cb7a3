/** Proxy: what the Kubernetes objects of a site are called, and their ports. Pure. */

import type { Site } from "./site.js";

/** Where the app listens in its pod, whatever it asks for. */
export const APP_PORT = 3000;
/** Of `--admin`: health of the fleet. */
export const ADMIN_PORT = 9464;
/** Where nginx listens in its pod: ordinary users may not below 1024. */
export const PROXY_PORT = 8080;

type Named = { readonly name: string; readonly namespace: string };

/** The cluster's domain is cluster.local almost everywhere; nginx does not search for shorter names. */
const domain = (namespace: string): string => `${namespace}.svc.cluster.local`;

/** Of one pod, whether it is ready or not: a session's requests go to it while it drains. */
export function podAddress({ name, namespace }: Named, number: number): string {
  return `${name}-${number}.${name}.${domain(namespace)}:${APP_PORT}`;
}

/** All pods that are ready: whoever may get new sessions. */
export function readyName({ name, kubernetes }: Site): string {
  return `${name}-ready.${domain(kubernetes?.namespace ?? "default")}:${APP_PORT}`;
}

/** An object, and what a reader should know of it. */
export type Explained = readonly [comments: readonly string[], object: object];

export type Meta = { readonly name: string; readonly namespace: string; readonly labels: Labels };
type Labels = Record<string, string>;

export function metaOf(site: Site, component: "app" | "proxy", ending = ""): Meta {
  const namespace = site.kubernetes?.namespace ?? "default";
  return { name: `${site.name}${ending}`, namespace, labels: labelsOf(site, component) };
}

export function labelsOf({ name }: Site, component: "app" | "proxy"): Labels {
  return { "app.kubernetes.io/name": name, "app.kubernetes.io/component": component };
}
