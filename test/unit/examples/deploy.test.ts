/** The files of examples/deploy agree with one another and with the code. What they do is shown by test/integration/container-image. */

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { SETTINGS } from "../../../src/config/setting-table.js";
import { parseDuration } from "../../../src/config/value-kinds.js";
import { replyTo } from "../../../src/primary/admin/replies.js";
import { readImage } from "../../helpers/dockerfile.js";

const FOLDER = fileURLToPath(new URL("../../../examples/deploy/", import.meta.url));
const image = readImage(`${FOLDER}docker/Dockerfile`);

// biome-ignore lint/suspicious/noExplicitAny: whatever the file says; each expectation says what it wants
type Yaml = any;

function documents(file: string): Yaml[] {
  return parseAllDocuments(readFileSync(FOLDER + file, "utf8"), { merge: true }).map((document) => {
    expect(document.errors).toEqual([]);
    expect(document.warnings).toEqual([]);
    return document.toJS();
  });
}

const manifests = readdirSync(`${FOLDER}kubernetes`).map((file) => `kubernetes/${file}`);
const everything = manifests.flatMap(documents);
const ofKind = (kind: string): Yaml => everything.find((manifest) => manifest.kind === kind);
const pod = ofKind("Deployment").spec.template;
const container = pod.spec.containers[0];

/** Milliseconds. */
function flag(name: string): number {
  return parseDuration(container.args[container.args.indexOf(name) + 1]) ?? Number.NaN;
}

const defaultOf = (key: string): number =>
  parseDuration(String(SETTINGS.find((setting) => setting.key === key)?.default)) ?? Number.NaN;

describe("the manifests", () => {
  it("are one document each, and select the pods of the Deployment", () => {
    expect(everything).toHaveLength(manifests.length);
    const { labels } = pod.metadata;
    expect(ofKind("Deployment").spec.selector.matchLabels).toEqual(labels);
    expect(ofKind("Service").spec.selector).toEqual(labels);
    expect(ofKind("PodDisruptionBudget").spec.selector.matchLabels).toEqual(labels);
  });

  it("ask paths that the admin endpoint has, at the port where it listens", () => {
    const admin = container.ports.find((port: Yaml) => port.name === "admin");
    expect(container.args).toContain(`0.0.0.0:${admin.containerPort}`);
    const source = { health: () => ({ live: NO, ready: NO, started: NO }), status: () => ({}) as never };
    for (const [probe, path] of [
      ["startupProbe", "/startupz"],
      ["readinessProbe", "/readyz"],
      ["livenessProbe", "/livez"],
    ] as const) {
      expect(container[probe].httpGet).toEqual({ path, port: "admin" });
      expect(replyTo("GET", container[probe].httpGet.path, source).code).toBe(503);
    }
  });

  it("lead from the Ingress to the port of the app, and never to that of the probes", () => {
    const [port] = ofKind("Service").spec.ports;
    expect(ofKind("Service").spec.ports).toHaveLength(1);
    expect(port.targetPort).toBe("http");
    const [rule] = ofKind("Ingress").spec.rules;
    expect(rule.http.paths[0].backend.service).toEqual({ name: "chat", port: { name: port.name } });
    const http = container.ports.find((one: Yaml) => one.name === "http");
    expect(container.env).toContainEqual({ name: "PORT", value: `${http.containerPort}` });
  });

  it("give the pod more time than it takes, and take it out of the Service before it drains", () => {
    const all = flag("--shutdown-delay") + flag("--drain-timeout");
    expect(all).toBeLessThan(pod.spec.terminationGracePeriodSeconds * 1000);
    const { periodSeconds, failureThreshold } = container.readinessProbe;
    expect(flag("--shutdown-delay")).toBeGreaterThan(periodSeconds * failureThreshold * 1000);
    const boot = container.startupProbe.periodSeconds * container.startupProbe.failureThreshold * 1000;
    expect(boot).toBeGreaterThan(defaultOf("bootTimeout"));
  });

  it("run as the user of the image, with no rights and nothing to write to but /tmp", () => {
    expect([pod.spec.securityContext.runAsUser, pod.spec.securityContext.runAsGroup]).toEqual([
      image.uid,
      image.gid,
    ]);
    expect(pod.spec.securityContext.runAsNonRoot).toBe(true);
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    expect(container.volumeMounts.map(({ mountPath }: Yaml) => mountPath)).toEqual(["/tmp"]);
  });
});

const NO = { ok: false, why: "" };

describe("the Dockerfile and the compose file", () => {
  const service = documents("docker/compose.yml")[0].services.chat;

  it("agree with the manifests about ports and command", () => {
    expect(image.ports).toEqual(container.ports.map((port: Yaml) => port.containerPort));
    expect(image.env).toMatchObject({
      PORT: `${image.ports[0]}`,
      HOLDFAST_ADMIN: `0.0.0.0:${image.ports[1]}`,
    });
    expect(container.args.slice(0, image.command.length)).toEqual(image.command);
    expect(service.ports).toEqual([`${image.ports[0]}:${image.ports[0]}`]);
  });

  it("give the fleet more time than it takes to drain", () => {
    expect(parseDuration(service.stop_grace_period)).toBeGreaterThan(defaultOf("drainTimeout"));
  });

  it("keep what is installed, and what is secret, out of the copy", () => {
    const ignored = readFileSync(`${FOLDER}docker/.dockerignore`, "utf8").split("\n");
    expect(ignored).toEqual(expect.arrayContaining(["node_modules", ".git", ".env"]));
  });
});

describe("the compose file of several hosts", () => {
  const folder = "several-hosts";
  const { services, networks } = documents(`${folder}/compose.yml`)[0];
  const [site] = documents(`${folder}/site.yml`);
  const hosts = Object.entries<Yaml>(services).filter(([name]) => name.startsWith("host"));

  it("has the hosts that nginx is told of, each with its number and address, and one secret that must be given", () => {
    const described = hosts.map(([, { environment, networks: own }]) => ({
      number: Number(environment.HOLDFAST_HOST_NUMBER),
      address: own.site.ipv4_address,
      port: image.ports[0],
    }));
    expect(described).toEqual(site.hosts);
    for (const [name, { environment }] of hosts) {
      expect(environment.HOLDFAST_ADVERTISE).toBe(name);
      expect(environment.HOLDFAST_SITE_SECRET).toContain("HOLDFAST_SITE_SECRET:?");
      expect(environment.HOLDFAST_TRUST_PROXY).toBe(networks.site.ipam.config[0].subnet);
    }
    expect(services.redis.ports).toBeUndefined();
  });

  it("names settings that there are", () => {
    const known = SETTINGS.flatMap(({ env }) => env ?? []);
    for (const [, { environment }] of hosts)
      expect(Object.keys(environment).filter((name) => !known.includes(name))).toEqual([]);
  });

  it("comes with the nginx.conf that its site file makes", () => {
    const text = readFileSync(`${FOLDER}${folder}/nginx.conf`, "utf8");
    for (const { address, port } of site.hosts) expect(text).toContain(`${address}:${port}`);
    expect(services.nginx.volumes).toEqual(["./nginx.conf:/etc/nginx/nginx.conf:ro"]);
    expect(services.nginx.ports).toEqual(["8080:80"]);
    expect(text).toMatch(/listen 80 /);
  });
});
