/** A colour and a label for each worker, and a person's avatar in the colour of the worker that they sit on. */

import { element } from "./dom.js";

/** What a process without a number calls itself. */
const ALONE = "–";

/** Neighbouring numbers get hues that are far apart, however many workers there are. */
export function tint(node, worker) {
  const number = Number(worker);
  node.classList.add("tinted");
  node.style.setProperty("--hue", String((250 + (Number.isNaN(number) ? 0 : number) * 137.5) % 360));
  node.style.setProperty("--chroma", worker === ALONE ? "0.03" : "0.13");
  return node;
}

export const labelOf = (worker) => (worker === ALONE ? "one process" : `worker ${worker}`);

export const chip = (worker) => tint(element("span", { class: "chip" }, labelOf(worker)), worker);

export function avatar(name, worker) {
  return tint(element("span", { class: "avatar", "aria-hidden": "true" }, initials(name)), worker);
}

export function initials(name) {
  const words = name.split(" ").map((word) => [...word]);
  const letters = words.length > 1 ? [words[0][0], words.at(-1)[0]] : words[0].slice(0, 2);
  return letters.join("").replace(/^./u, (letter) => letter.toUpperCase());
}
