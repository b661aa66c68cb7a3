/** Traffic: entry of a process of its own for a crowd, so that nothing but its server keeps it waiting. Its parent says what to do. */

import { Crowd, type CrowdOptions } from "./crowd.js";

/** What the parent asks for. */
export type CrowdCommand =
  | { readonly do: "arrive"; readonly options: CrowdOptions }
  | { readonly do: "newcomers"; readonly perSecond: number }
  | { readonly do: "members"; readonly namespace: string }
  | { readonly do: "finish"; readonly dead: readonly string[] }
  | { readonly do: "slots" | "hosts" | "unanswered" | "mark" | "report" };

export type CrowdAnswer = { readonly request: number } & (
  | { readonly result: unknown }
  | { readonly error: string }
);

let crowd: Crowd | undefined;

process.on("message", async ({ request, command }: { request: number; command: CrowdCommand }) => {
  try {
    process.send?.({ request, result: await carryOut(command) } satisfies CrowdAnswer);
  } catch (error) {
    process.send?.({ request, error: String((error as Error).stack) } satisfies CrowdAnswer);
  }
});
// A client that breaks ends the process: what it and the others had seen tells why.
process.on("uncaughtExceptionMonitor", () => {
  const { disconnects, connectErrors, examples } = crowd?.report() ?? {};
  console.error({ disconnects, connectErrors, examples });
});
process.on("disconnect", () => process.exit());

async function carryOut(command: CrowdCommand): Promise<unknown> {
  if (command.do === "arrive") {
    crowd = new Crowd(command.options);
    return crowd.arrive();
  }
  if (crowd === undefined) throw new Error("nobody has arrived");
  switch (command.do) {
    case "newcomers":
      return crowd.newcomers(command.perSecond);
    case "members":
      return crowd.members(command.namespace);
    case "finish":
      return crowd.finish(command.dead);
    default:
      return crowd[command.do]();
  }
}
