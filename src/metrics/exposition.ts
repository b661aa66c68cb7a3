/** Metrics, pure: the text that Prometheus reads, version 0.0.4 of its format: https://prometheus.io/docs/instrumenting/exposition_formats/ */

import type { FleetStatus } from "../protocol/status.js";
import type { Metric, Sample } from "./metric.js";

export const EXPOSITION_TYPE = "text/plain; version=0.0.4";

export function exposition(metrics: readonly Metric[], status: FleetStatus): string {
  return metrics.map((metric) => metricText(metric, metric.read(status))).join("");
}

function metricText({ name, type, help }: Metric, samples: readonly Sample[]): string {
  if (samples.length === 0) return "";
  const head = `# HELP ${name} ${escaped(help)}\n# TYPE ${name} ${type}\n`;
  return head + samples.map((sample) => `${name}${labelsText(sample)} ${sample.value}\n`).join("");
}

function labelsText({ labels = {} }: Sample): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${quoted(String(value))}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

const escaped = (text: string): string => text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
const quoted = (text: string): string => escaped(text).replaceAll('"', '\\"');
