/** Proxy: the Kubernetes objects of the app: pods with numbers, the names by which they are found, and what may disturb them. Pure. */

import { ADMIN_PORT, APP_PORT, labelsOf } from "./kubernetes-names.js";
import type { KubernetesPlace, Site } from "./site.js";

/** Longer than --shutdown-delay and --drain-timeout together. Seconds. */
const GRACE = 60;
/** For each worker, and for the primary. */
const MEMORY_OF_WORKER = 256;

type Explained = readonly [comments: readonly string[], object: object];

export function appObjects(site: Site): Explained[] {
  const labels = labelsOf(site, "app");
  const meta = { namespace: site.kubernetes?.namespace, labels };
  const ports = [{ name: "app", port: APP_PORT, targetPort: "app" }];
  const headless = { clusterIP: "None", selector: labels, ports };
  return [
    [
      ["Names for single pods, also of those that drain: their sessions still have requests."],
      {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: site.name, ...meta },
        spec: { ...headless, publishNotReadyAddresses: true },
      },
    ],
    [
      ["One name for all pods that are ready: new sessions go to these."],
      {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: `${site.name}-ready`, ...meta },
        spec: headless,
      },
    ],
    [STATEFUL_SET_WORDS, statefulSet(site)],
    [
      [],
      {
        apiVersion: "policy/v1",
        kind: "PodDisruptionBudget",
        metadata: { name: site.name, ...meta },
        spec: { maxUnavailable: 1, selector: { matchLabels: labels } },
      },
    ],
  ];
}

const STATEFUL_SET_WORDS = [
  "The command is the image's own: holdfast start app.js. Workers: one for each cpu of the limit.",
  "Before Kubernetes 1.28 there is no pod-index: let the command cut the number from HOSTNAME, as in",
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's own
  "sh -c 'HOLDFAST_HOST_NUMBER=\"${HOSTNAME##*-}\" exec holdfast start app.js'.",
];

function statefulSet(site: Site): object {
  const labels = labelsOf(site, "app");
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name: site.name, namespace: site.kubernetes?.namespace, labels },
    spec: {
      serviceName: site.name,
      replicas: site.hosts.length,
      podManagementPolicy: "Parallel",
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: podSpec(site) },
    },
  };
}

function podSpec(site: Site): object {
  return {
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: GRACE,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 1000,
      runAsGroup: 1000,
      seccompProfile: { type: "RuntimeDefault" },
    },
    containers: site.kubernetes === undefined ? [] : [container(site.kubernetes)],
    // Sockets between the workers.
    volumes: [{ name: "tmp", emptyDir: {} }],
  };
}

function container({ image, workers }: KubernetesPlace): object {
  return {
    name: "app",
    image,
    env: environment(),
    ports: [
      { name: "app", containerPort: APP_PORT },
      { name: "admin", containerPort: ADMIN_PORT },
    ],
    startupProbe: { ...probe("/startupz"), periodSeconds: 1, failureThreshold: 60 },
    readinessProbe: { ...probe("/readyz"), periodSeconds: 2, failureThreshold: 1 },
    livenessProbe: { ...probe("/livez"), periodSeconds: 10 },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    },
    resources: resources(workers),
    volumeMounts: [{ name: "tmp", mountPath: "/tmp" }],
  };
}

const probe = (path: string): object => ({ httpGet: { path, port: "admin" }, timeoutSeconds: 2 });

function environment(): object[] {
  const values = {
    HOLDFAST_PORT: String(APP_PORT),
    HOLDFAST_HOST: "0.0.0.0",
    HOLDFAST_ADMIN: `0.0.0.0:${ADMIN_PORT}`,
    HOLDFAST_SHUTDOWN_DELAY: "5s",
    HOLDFAST_DRAIN_TIMEOUT: "45s",
    HOLDFAST_TRUST_PROXY: "uniquelocal",
    HOLDFAST_LOG: "json",
  };
  const fieldPath = "metadata.labels['apps.kubernetes.io/pod-index']";
  return [
    { name: "HOLDFAST_HOST_NUMBER", valueFrom: { fieldRef: { fieldPath } } },
    ...Object.entries(values).map(([name, value]) => ({ name, value })),
  ];
}

function resources(workers: number): object {
  const memory = `${MEMORY_OF_WORKER * (workers + 1)}Mi`;
  return { requests: { cpu: String(workers), memory }, limits: { cpu: String(workers), memory } };
}
