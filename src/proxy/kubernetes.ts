/**
 * Proxy: Kubernetes manifests for a site: a pod is a host. A StatefulSet numbers them, and an nginx brings each request to the pod
 * that its session id names. Pure. Kubernetes 1.28 and later, nginx 1.27.3 and later.
 */

import { digest } from "./digest.js";
import { appObjects } from "./kubernetes-app.js";
import { labelsOf, MADE_BY, PROXY_PORT, readyName } from "./kubernetes-names.js";
import { type NginxPlace, nginxConfiguration } from "./nginx.js";
import { type Site, sizeOf } from "./site.js";
import { fileOf } from "./text.js";
import { explained } from "./yaml.js";

/** An image that runs as an ordinary user, listens on 8080 and ends in order on QUIT. */
const NGINX_IMAGE = "nginxinc/nginx-unprivileged:1.30";
const NGINX_USER = 101;
/** For connections that are open while an nginx is replaced. Seconds. */
const NGINX_GRACE = 60;

/** @returns manifests for `kubectl apply -f`. The addresses of the site's hosts must be names of pods (`podAddress`) */
export function kubernetesConfiguration(site: Site): string {
  const documents = [...appObjects(site), ...proxyObjects(site)].map(([comments, object]) =>
    explained(comments, object),
  );
  return fileOf([...introduction(site), ...documents.flatMap((lines) => ["---", ...lines])]);
}

function introduction(site: Site): string[] {
  const { namespace } = site.kubernetes ?? {};
  return [
    `# The Holdfast fleet "${site.name}" on Kubernetes: ${sizeOf(site)}, a pod each, behind an nginx that finds a session's pod by its id.`,
    `# ${MADE_BY} Kubernetes 1.28 and later: older ones do not tell a pod its number`,
    "# (apps.kubernetes.io/pod-index). Broadcasts stay within a pod, unless the app has an adapter that crosses them (Redis).",
    `# One pod more: write this file again with one more of --hosts, then kubectl apply -n ${namespace} -f it.`,
  ];
}

type Explained = readonly [comments: readonly string[], object: object];

function proxyObjects(site: Site): Explained[] {
  const text = nginxConfiguration(site, place(site));
  const meta = { name: `${site.name}-proxy`, namespace: site.kubernetes?.namespace };
  const labels = labelsOf(site, "proxy");
  return [
    [
      [],
      {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { ...meta, labels },
        data: { "nginx.conf": text },
      },
    ],
    [["The hash lets a changed configuration roll out."], deployment(site, digest(text))],
    [
      ["What clients meet: put an Ingress or a load balancer, which may end TLS, in front of it."],
      {
        apiVersion: "v1",
        kind: "Service",
        metadata: { ...meta, labels },
        spec: {
          type: "ClusterIP",
          selector: labels,
          ports: [{ name: "http", port: site.port, targetPort: "http" }],
        },
      },
    ],
    [
      [],
      {
        apiVersion: "policy/v1",
        kind: "PodDisruptionBudget",
        metadata: { ...meta, labels },
        spec: { maxUnavailable: 1, selector: { matchLabels: labels } },
      },
    ],
  ];
}

/** Only /tmp can be written to, the log is the container's, and names are asked of the cluster's own server. */
function place(site: Site): NginxPlace {
  return {
    main: ["pid /tmp/nginx.pid;", "error_log /dev/stderr warn;", ""],
    http: [
      ...["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
        (what) => `${what}_temp_path /tmp/${what};`,
      ),
      "# Written at the start from /etc/resolv.conf: pods come and go, and their names are asked for every five seconds.",
      "include /tmp/resolver.conf;",
    ],
    server: ["location = /holdfast-proxy-health {", "    return 204;", "}", ""],
    ready: readyName(site),
  };
}

const RESOLVER = `awk '/^nameserver/ { a = $2; if (a ~ /:/) a = "[" a "]"; print "resolver " a " valid=5s;"; exit }' /etc/resolv.conf > /tmp/resolver.conf`;

function deployment(site: Site, hash: string): object {
  const labels = labelsOf(site, "proxy");
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: `${site.name}-proxy`, namespace: site.kubernetes?.namespace, labels },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      template: {
        metadata: { labels, annotations: { "holdfast/configuration": hash } },
        spec: podOfNginx(site),
      },
    },
  };
}

function podOfNginx(site: Site): object {
  return {
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: NGINX_GRACE,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: NGINX_USER,
      runAsGroup: NGINX_USER,
      seccompProfile: { type: "RuntimeDefault" },
    },
    containers: [
      {
        name: "nginx",
        image: NGINX_IMAGE,
        command: ["/bin/sh", "-c"],
        args: [`${RESOLVER} && exec nginx -c /etc/holdfast/nginx.conf -g 'daemon off;'`],
        ports: [{ name: "http", containerPort: PROXY_PORT }],
        readinessProbe: { httpGet: { path: "/holdfast-proxy-health", port: "http" }, periodSeconds: 2 },
        livenessProbe: { httpGet: { path: "/holdfast-proxy-health", port: "http" }, periodSeconds: 10 },
        // The endpoints forget this pod first. Then it gets QUIT, and open connections may end by themselves for a while.
        lifecycle: { preStop: { exec: { command: ["sleep", "5"] } } },
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        },
        resources: { requests: { cpu: "250m", memory: "128Mi" }, limits: { memory: "512Mi" } },
        volumeMounts: [
          { name: "configuration", mountPath: "/etc/holdfast", readOnly: true },
          { name: "tmp", mountPath: "/tmp" },
        ],
      },
    ],
    volumes: [
      { name: "configuration", configMap: { name: `${site.name}-proxy` } },
      { name: "tmp", emptyDir: {} },
    ],
  };
}
