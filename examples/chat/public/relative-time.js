/** Times as people say them, kept right while the page is open. */

import { element } from "./dom.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

export function timeElement(at) {
  const date = new Date(at);
  const node = element("time", { datetime: date.toISOString(), title: date.toLocaleString() });
  node.textContent = relative(at);
  return node;
}

export function relative(at, now = Date.now()) {
  const age = now - at;
  if (age < 45_000) return "just now";
  if (age < HOUR) return `${Math.max(1, Math.round(age / MINUTE))} min ago`;
  if (age < 12 * HOUR) return `${Math.round(age / HOUR)} h ago`;
  return new Date(at).toLocaleString([], { weekday: "short", hour: "2-digit", minute: "2-digit" });
}

setInterval(() => {
  for (const node of document.querySelectorAll("time")) {
    node.textContent = relative(Date.parse(node.dateTime));
  }
}, 15_000);
