/** Traffic: entry of a process of its own for a crowd, so that nothing but its server keeps it waiting. Its parent says what to do. */

import { Crowd, type CrowdOptions } from "./crowd.js";

/** What the parent asks for. */
export type CrowdCommand =
  | { readonly do: "arrive"; readonly options: CrowdOptions }
  | { readonly do: "newcomers"; readonly perSecond: number }
  | { readonly do: "slots" | "unanswered" | "mark" | "report" | "finish" };

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
process.on("disconnect", () => process.exit());

async function carryOut(command: CrowdCommand): Promise<unknown> {
  if (command.do === "arrive") {
    crowd = new Crowd(command.options);
    return crowd.arrive();
  }
  if (crowd === undefined) throw new Error("nobody has arrived");
  return command.do === "newcomers" ? crowd.newcomers(command.perSecond) : crowd[command.do]();
}
