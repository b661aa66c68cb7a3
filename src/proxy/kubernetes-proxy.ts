/** Proxy: the Kubernetes objects of the nginx in front of the pods. Pure. nginx 1.27.3 and later, which asks for names while it runs. */

import type { Deployment } from "kubernetes-types/apps/v1.js";
import type { ConfigMap, PodSpec, Service } from "kubernetes-types/core/v1.js";
import type { PodDisruptionBudget } from "kubernetes-types/policy/v1.js";
import { digest } from "./digest.js";
import { type Explained, labelsOf, metaOf, PROXY_PORT, readyName } from "./kubernetes-names.js";
import { type NginxPlace, nginxConfiguration } from "./nginx.js";
import type { Site } from "./site.js";

/** An image that runs as an ordinary user and ends in order on QUIT. */
const IMAGE = "nginxinc/nginx-unprivileged:1.30";
const USER = 101;
/** For connections that are open while an nginx is replaced. Seconds. */
const GRACE = 60;

export function proxyObjects(site: Site): Explained[] {
  const text = nginxConfiguration({ ...site, port: PROXY_PORT }, place(site));
  const labels = labelsOf(site, "proxy");
  const metadata = metaOf(site, "proxy", "-proxy");
  return [
    [
      [],
      {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata,
        data: { "nginx.conf": text },
      } satisfies ConfigMap,
    ],
    [["The hash lets a changed configuration roll out."], deployment(site, digest(text))],
    [
      ["What clients meet: put an Ingress or a load balancer, which may end TLS, in front of it."],
      {
        apiVersion: "v1",
        kind: "Service",
        metadata,
        spec: {
          type: "ClusterIP",
          selector: labels,
          ports: [{ name: "http", port: site.port, targetPort: "http" }],
        },
      } satisfies Service,
    ],
    [
      [],
      {
        apiVersion: "policy/v1",
        kind: "PodDisruptionBudget",
        metadata,
        spec: { maxUnavailable: 1, selector: { matchLabels: labels } },
      } satisfies PodDisruptionBudget,
    ],
  ];
}

/** Only /tmp can be written to, the log is the container's, and names are asked of the cluster's own server. */
function place(site: Site): NginxPlace {
  return {
    main: ["pid /tmp/nginx.pid;", "error_log /dev/stderr warn;"],
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

function deployment(site: Site, hash: string): Deployment {
  const labels = labelsOf(site, "proxy");
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: metaOf(site, "proxy", "-proxy"),
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

function podOfNginx(site: Site): PodSpec {
  return {
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: GRACE,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: USER,
      runAsGroup: USER,
      seccompProfile: { type: "RuntimeDefault" },
    },
    containers: [
      {
        name: "nginx",
        image: IMAGE,
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
