/** Profile: from V8's CPU profiles to the time that each function itself took. Pure. */

/** The part of a .cpuprofile file that matters here. */
export type CpuProfile = {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  /** The node that ran at each sample, and the microseconds since the sample before. */
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
};

/** Microseconds by function, such as `onPacket engine.io/build/socket.js:96`. */
export type SelfTimes = ReadonlyMap<string, number>;

/** Sums over all profiles. Waiting is no work and is left out. */
export function selfTimes(profiles: readonly CpuProfile[]): SelfTimes {
  const times = new Map<string, number>();
  for (const profile of profiles) {
    const names = new Map(profile.nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
    for (const [index, node] of profile.samples.entries()) {
      const name = names.get(node) ?? "";
      times.set(name, (times.get(name) ?? 0) + (profile.timeDeltas[index] ?? 0));
    }
  }
  times.delete("(idle)");
  return times;
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
