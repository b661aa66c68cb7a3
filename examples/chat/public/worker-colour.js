/** A colour and a label for each worker, and a person's avatar in the colour of the worker that they sit on. */

import { element } from "./dom.js";

/** What a process without a number calls itself. */
export const ALONE = "–";

/** Hues that are easy to tell apart, and none of them the red of an error. */
const HUES = [250, 70, 165, 325, 205, 110, 290, 50];
/** Beyond them, steps by this angle keep neighbouring numbers far apart, however many there are. */
const GOLDEN_ANGLE = 137.5;

export function tint(node, worker) {
  const number = Number(worker) || 0;
  node.classList.add("tinted");
  node.style.setProperty("--hue", String(HUES[number] ?? (number * GOLDEN_ANGLE) % 360));
  node.style.setProperty("--chroma", worker === ALONE ? "0.03" : "0.13");
  return node;
}

export const labelOf = (worker) => (worker === ALONE ? "one process" : `worker ${worker}`);

/** Says which worker; with a single process there is nothing to say. */
export function chip(worker) {
  const node = tint(element("span", { class: "chip" }, labelOf(worker)), worker);
  node.hidden = worker === ALONE;
  return node;
}

export function avatar(name, worker) {
  return tint(element("span", { class: "avatar", "aria-hidden": "true" }, initials(name)), worker);
}

export function initials(name) {
  const words = name.split(" ").map((word) => [...word]);
  const letters = words.length > 1 ? [words[0][0], words.at(-1)[0]] : words[0].slice(0, 2);
  return letters.join("").replace(/^./u, (letter) => letter.toUpperCase());
}
