/** Proxy: the Kubernetes objects of the app: pods with numbers, the names by which they are found, and what may disturb them. Pure. */

import type { StatefulSet } from "kubernetes-types/apps/v1.js";
import type {
  Container,
  EnvVar,
  PodSpec,
  Probe,
  ResourceRequirements,
  Service,
} from "kubernetes-types/core/v1.js";
import type { PodDisruptionBudget } from "kubernetes-types/policy/v1.js";
import { ADMIN_PORT, APP_PORT, type Explained, labelsOf, metaOf } from "./kubernetes-names.js";
import type { KubernetesPlace, Site } from "./site.js";

/** Longer than --shutdown-delay and --drain-timeout together. Seconds. */
const GRACE = 60;
/** For each worker, and for the primary. */
const MEMORY_OF_WORKER = 256;

export function appObjects(site: Site): Explained[] {
  const labels = labelsOf(site, "app");
  const ports = [{ name: "app", port: APP_PORT, targetPort: "app" }];
  const headless = { clusterIP: "None", selector: labels, ports };
  return [
    [
      ["Names for single pods, also of those that drain: their sessions still have requests."],
      {
        apiVersion: "v1",
        kind: "Service",
        metadata: metaOf(site, "app"),
        spec: { ...headless, publishNotReadyAddresses: true },
      } satisfies Service,
    ],
    [
      ["One name for all pods that are ready: new sessions go to these."],
      {
        apiVersion: "v1",
        kind: "Service",
        metadata: metaOf(site, "app", "-ready"),
        spec: headless,
      } satisfies Service,
    ],
    [STATEFUL_SET_WORDS, statefulSet(site)],
    [
      [],
      {
        apiVersion: "policy/v1",
        kind: "PodDisruptionBudget",
        metadata: metaOf(site, "app"),
        spec: { maxUnavailable: 1, selector: { matchLabels: labels } },
      } satisfies PodDisruptionBudget,
    ],
  ];
}

const STATEFUL_SET_WORDS = [
  "The command is the image's own: holdfast start app.js. Workers: one for each cpu of the limit.",
  "Before Kubernetes 1.28 there is no pod-index: let the command cut the number from HOSTNAME, as in",
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's own
  "sh -c 'HOLDFAST_HOST_NUMBER=\"${HOSTNAME##*-}\" exec holdfast start app.js'.",
];

function statefulSet(site: Site): StatefulSet {
  const labels = labelsOf(site, "app");
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: metaOf(site, "app"),
    spec: {
      serviceName: site.name,
      replicas: site.hosts.length,
      podManagementPolicy: "Parallel",
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: podSpec(site) },
    },
  };
}

function podSpec(site: Site): PodSpec {
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

function container({ image, workers }: KubernetesPlace): Container {
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

const probe = (path: string): Probe => ({ httpGet: { path, port: "admin" }, timeoutSeconds: 2 });

function environment(): EnvVar[] {
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

function resources(workers: number): ResourceRequirements {
  const memory = `${MEMORY_OF_WORKER * (workers + 1)}Mi`;
  return { requests: { cpu: String(workers), memory }, limits: { cpu: String(workers), memory } };
}
