import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { resolveSettings } from "../../../src/config/resolve-settings.js";
import { SETTINGS } from "../../../src/config/setting-table.js";
import { kubernetesConfiguration } from "../../../src/proxy/kubernetes.js";
import { routeOf } from "./routes.js";
import { PODS } from "./sites.js";

type KubernetesObject = {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec?: {
    readonly replicas?: number;
    readonly serviceName?: string;
    readonly selector?: { readonly matchLabels?: object };
    readonly ports?: readonly { readonly targetPort: string }[];
    readonly template?: { readonly metadata: { readonly labels: object }; readonly spec: Pod };
  };
};
type Pod = {
  readonly containers: readonly {
    readonly env?: readonly { readonly name: string; readonly value?: string }[];
    readonly ports: readonly { readonly name: string }[];
    readonly volumeMounts: readonly { readonly name: string }[];
  }[];
  readonly volumes: readonly { readonly name: string }[];
};

const objects = parseAllDocuments(kubernetesConfiguration(PODS)).map(
  (document) => document.toJS() as KubernetesObject,
);

describe("the manifests", () => {
  it("are as many pods as the site has hosts, under the service that names them", () => {
    const set = objects.find(({ kind }) => kind === "StatefulSet");
    expect(set?.spec?.replicas).toBe(3);
    expect(objects).toContainEqual(
      expect.objectContaining({
        kind: "Service",
        metadata: expect.objectContaining({ name: set?.spec?.serviceName }),
        spec: expect.objectContaining({ clusterIP: "None", publishNotReadyAddresses: true }),
      }),
    );
  });

  it("select pods that are there, and ports that these have", () => {
    const selecting = objects.filter(({ spec }) => spec?.selector !== undefined);
    expect(selecting).toHaveLength(7);
    for (const { kind, spec } of selecting) {
      const labels = JSON.stringify(spec?.selector?.matchLabels ?? spec?.selector);
      const pods = objects.flatMap(({ spec }) => spec?.template ?? []);
      const selected = pods.filter(({ metadata }) => JSON.stringify(metadata.labels) === labels);
      expect(selected, `pods of the ${kind}`).toHaveLength(1);
      const ports = selected[0]?.spec.containers[0]?.ports.map(({ name }) => name);
      for (const { targetPort } of spec?.ports ?? []) expect(ports).toContain(targetPort);
    }
  });

  it("mount every volume that they have, and no other", () => {
    const pods = objects.flatMap(({ spec }) => spec?.template?.spec ?? []);
    expect(pods).toHaveLength(2);
    for (const { containers, volumes } of pods) {
      const mounted = containers.flatMap(({ volumeMounts }) => volumeMounts.map(({ name }) => name));
      expect(mounted.sort()).toEqual(volumes.map(({ name }) => name).sort());
    }
  });

  it("let those that are ready stand in for a pod that is down", () => {
    expect(routeOf("kubernetes", kubernetesConfiguration(PODS), "0100abc")).toEqual([
      "chat-1.chat.live.svc.cluster.local:3000",
      "chat-ready.live.svc.cluster.local:3000",
    ]);
  });

  it("tell the fleet nothing that it does not know or would refuse", () => {
    const pods = objects.flatMap(({ spec }) => spec?.template?.spec ?? []);
    const written = pods.flatMap(({ containers }) => containers.flatMap(({ env = [] }) => env));
    expect(written.length).toBeGreaterThan(5);
    const env = Object.fromEntries(written.map(({ name, value = "1" }) => [name, value]));
    expect(SETTINGS.flatMap((setting) => setting.env)).toEqual(expect.arrayContaining(Object.keys(env)));
    const settings = resolveSettings("/app/app.js", [], { flags: {}, env });
    // Kubernetes kills what is not gone by terminationGracePeriodSeconds.
    expect(settings.shutdownDelay + settings.drainTimeout).toBeLessThan(60_000);
    expect(settings.hostNumber).toBe(1);
  });

  it("roll out a changed configuration, and only such a one", () => {
    const hash = (text: string): string | undefined => /holdfast\/configuration: (\S+)/.exec(text)?.[1];
    const before = hash(kubernetesConfiguration(PODS));
    expect(before).toMatch(/^"?[0-9a-f]{8}"?$/);
    expect(hash(kubernetesConfiguration({ ...PODS, hosts: PODS.hosts.slice(1) }))).not.toBe(before);
    expect(hash(kubernetesConfiguration({ ...PODS, port: 8081 }))).toBe(before);
  });
});
