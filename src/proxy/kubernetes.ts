/**
 * Proxy: Kubernetes manifests for a site: a pod is a host. A StatefulSet numbers them, and an nginx brings each request to the pod
 * that its session id names. Pure. Kubernetes 1.28 and later, nginx 1.27.3 and later.
 */

import { appObjects } from "./kubernetes-app.js";
import { proxyObjects } from "./kubernetes-proxy.js";
import { type Site, sizeOf } from "./site.js";
import { fileOf } from "./text.js";
import { explained } from "./yaml.js";

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
    "# Written by holdfast proxy kubernetes. Kubernetes 1.28 and later: older ones do not tell a pod its number",
    "# (apps.kubernetes.io/pod-index). Broadcasts stay within a pod, unless the app has an adapter that crosses them (Redis).",
    `# One pod more: write this file again with one more of --hosts, then kubectl apply -n ${namespace} -f it.`,
  ];
}
