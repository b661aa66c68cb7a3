/** Unit: a template for an app with `holdfast(io)`: one process each, chat@0 to chat@3. Pure. */

import { fileOf, head, limits, network, stopping, surroundings, wantedBy } from "./common.js";
import type { UnitFile, UnitPlan } from "./plan.js";
import { argument, commandLine, value } from "./quote.js";

const EXAMPLES = [0, 1, 2, 3];

/** @param firstPort of the instance 0 */
export function templateFile(plan: UnitPlan, firstPort: number): UnitFile {
  const { name, node, nodeArgs, entry, args } = plan;
  const instances = EXAMPLES.map((slot) => `${name}@${slot}`).join(" ");
  const run = commandLine([node, ...nodeArgs, entry, ...args]);
  const port = `PORT=$((${firstPort} + HOLDFAST_SLOT)) exec "$@"`;
  const text = fileOf([
    ...head(plan, `${name}@.service`, [`enable --now ${instances}`]),
    "[Unit]",
    `Description=${value(name)}, worker %i`,
    ...network(plan),
    "",
    "[Service]",
    "Type=exec",
    `# systemd cannot add: the shell makes the port, ${firstPort} + the instance, and then becomes the app.`,
    `ExecStart=/bin/sh -c ${argument(port)} holdfast ${run}`,
    "KillMode=mixed",
    ...stopping(plan),
    "Restart=always",
    "RestartSec=1",
    `Environment=HOLDFAST_NAME=${name}`,
    "Environment=HOLDFAST_SLOT=%i",
    ...surroundings(plan, "Where the processes meet."),
    "# The others are still there when one of them stops.",
    "RuntimeDirectoryPreserve=yes",
    ...limits(plan),
    "",
    "[Install]",
    wantedBy(plan),
  ]);
  return { name: `${name}@.service`, text };
}
