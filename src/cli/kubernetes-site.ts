/** CLI: the site of `holdfast proxy kubernetes`: as many hosts as pods, with the names that Kubernetes gives them. Pure. */

import { UsageError } from "../base/errors.js";
import { MAX_HOSTS } from "../config/limits.js";
import { podAddress } from "../proxy/kubernetes-names.js";
import type { CommonParts, Site } from "../proxy/site.js";
import type { ProxyFlags } from "./proxy-options.js";
import { wholeNumber } from "./proxy-values.js";
import type { WrittenSite } from "./written-site.js";

const DEFAULTS = { replicas: 2, workers: 2, namespace: "default" };

/** @throws {UsageError} ERR_USAGE or ERR_SITE_FILE */
export function kubernetesSite(written: WrittenSite, flags: ProxyFlags, common: CommonParts): Site {
  refuseAddresses(written, flags, common);
  const { name = "holdfast", image } = written.values;
  const { replicas, workers, namespace } = { ...DEFAULTS, ...defined(written.values) };
  if (image === undefined)
    throw new UsageError(
      "ERR_USAGE",
      "--image must be the app's image, such as registry.example.com/chat:1, whose command is holdfast start.",
    );
  if (!/^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/.test(name))
    throw written.refusal(
      ["name"],
      `must be at most 40 small letters, digits and hyphens for Kubernetes, but is ${JSON.stringify(name)}`,
    );
  return {
    ...common,
    name,
    nginxVersion: "1.30.0",
    hosts: Array.from({ length: wholeNumber("--hosts", String(replicas), 1, MAX_HOSTS) }, (_, number) => ({
      number,
      backends: [{ address: podAddress({ name, namespace }, number) }],
    })),
    kubernetes: { namespace, image, workers },
  };
}

function defined({ replicas, workers, namespace }: WrittenSite["values"]): Partial<typeof DEFAULTS> {
  return {
    ...(replicas === undefined ? {} : { replicas }),
    ...(workers === undefined ? {} : { workers }),
    ...(namespace === undefined ? {} : { namespace }),
  };
}

function refuseAddresses(written: WrittenSite, flags: ProxyFlags, { tls }: CommonParts): void {
  for (const flag of ["listen", "backend", "host", "hostNumber"] as const)
    if (flags[flag] !== undefined)
      throw new UsageError(
        "ERR_USAGE",
        `--${flag === "hostNumber" ? "host-number" : flag} says nothing to kubernetes, where pods have names and numbers of their own: write --hosts with how many there are.`,
      );
  if (written.values.hosts !== undefined)
    throw written.refusal(
      ["hosts"],
      'says nothing to kubernetes, where pods have names of their own: write "replicas"',
    );
  if (tls !== undefined)
    throw written.refusal(
      ["tls", "certificate"],
      "is not for kubernetes: TLS ends at an Ingress or load balancer before the Service. Leave it out",
    );
}
