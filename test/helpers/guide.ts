/** Test helper: what a page of docs/deploy says to write and to type. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./holdfast-command.js";

export class Guide {
  readonly #text: string;

  /** @param page such as `pm2` @param ports the page's ports, which are for examples, and what takes their place */
  constructor(page: string, ports: Readonly<Record<number, number>>) {
    let text = readFileSync(join(ROOT, `docs/deploy/${page}.md`), "utf8");
    for (const [ofPage, ofTest] of Object.entries(ports)) text = text.replaceAll(ofPage, `${ofTest}`);
    this.#text = text;
  }

  /** The files that the page shows whole. */
  files(): { name: string; text: string }[] {
    const found = this.#text.matchAll(/^```js (\S+)\n(.*?)^```/gms);
    return [...found].map(([, name = "", text = ""]) => ({ name, text }));
  }

  /** The lines that are meant to be typed as they are, in their order. */
  commands(): string[] {
    const found = this.#text.matchAll(/^```sh\n(.*?)^```/gms);
    return [...found].flatMap(([, block = ""]) => block.trim().split("\n"));
  }
}
