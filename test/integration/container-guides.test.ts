/** Promise: who types what docs/deploy/docker.md and kubernetes.md give to try without an engine sees what stands there. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { containerProblem } from "../helpers/container.js";
import { DeployedImage } from "../helpers/deployed-image.js";
import { ROOT } from "../helpers/holdfast-command.js";

const problem = await containerProblem();
const mayRun = problem === undefined || Boolean(process.env.CI);
if (!mayRun) console.warn(`NOT TESTED: the guides to containers. ${problem}`);

let deployed: DeployedImage | undefined;
afterEach(async () => {
  await deployed?.remove();
  deployed = undefined;
});

it.runIf(mayRun).each(["docker", "kubernetes"])("%s", async (guide) => {
  const page = readFileSync(join(ROOT, `docs/deploy/${guide}.md`), "utf8");
  const [, typed = "", shown] = /^```sh\n(.*?)^```\n\n```text\n(.*?)^```/ms.exec(page) ?? [];
  expect(page.match(/^```sh$/gm)).toHaveLength(1);
  deployed = new DeployedImage();
  // A network of its own: the page's ports are free there. The command is found as "npx" or a global install would find it.
  const found = `PATH=$PWD/node_modules/.bin:$PATH\n${typed}`;
  const container = deployed.run(["bash", "-uc", found], { env: { HOLDFAST_ADMIN: "" } });
  await container.exited(40_000);
  expect({ stderr: container.stderr, stdout: container.stdout }).toEqual({ stderr: "", stdout: shown });
});
