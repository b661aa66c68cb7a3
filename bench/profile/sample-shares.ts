/** Profile: from V8's CPU profiles to the share of each function's own work. Pure. */

/** The part of a .cpuprofile file that matters here. */
export type CpuProfile = {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  /** The node that ran at each sample. */
  readonly samples: readonly number[];
};

const WAITING = "(idle)";

/**
 * Counts samples over all profiles; waiting is no work and is left out.
 * Samples are counted, not the time between them: a process that was preempted gets one late sample, not a costly function.
 * @returns shares by function, such as `onPacket engine.io/build/socket.js:96`; their sum is 1
 */
export function sampleShares(profiles: readonly CpuProfile[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { nodes, samples } of profiles) {
    const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
    for (const node of samples) {
      const name = names.get(node) ?? WAITING;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  }
  counts.delete(WAITING);
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  return new Map([...counts].map(([name, count]) => [name, count / total]));
}

function nameOf({ functionName, url, lineNumber }: CpuProfile["nodes"][number]["callFrame"]): string {
  const name = functionName === "" ? "(anonymous)" : functionName;
  return url === "" ? name : `${name} ${shortened(url)}:${lineNumber + 1}`;
}

/** What identifies a file: the path inside its package, or the last three parts. */
function shortened(url: string): string {
  const inside = url.split("/node_modules/").at(-1) ?? url;
  return inside === url ? url.split("/").slice(-3).join("/") : inside;
}
