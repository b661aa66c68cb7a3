/** Who is typing: shows what others do, and tells others what this window does. */

import { byId, element, listNames } from "./dom.js";

/** Somebody who says nothing more for so long has stopped, or lost the connection. Milliseconds. */
const FORGET = 4_000;
/** How often a typing window says so. Milliseconds. */
const SAY_AGAIN = 2_000;

const line = byId("typing");
const typers = new Map();
let saidAt = 0;

export function showTyping({ id, name, on }) {
  clearTimeout(typers.get(id)?.timer);
  typers.delete(id);
  if (on) typers.set(id, { name, timer: setTimeout(() => showTyping({ id, on: false }), FORGET) });
  render();
}

export function clearTyping() {
  for (const { timer } of typers.values()) clearTimeout(timer);
  typers.clear();
  render();
}

/** Called at each change of the field. */
export function sayTyping(socket, on) {
  const now = Date.now();
  const was = now - saidAt < FORGET;
  if (on ? now - saidAt < SAY_AGAIN : !was) return;
  saidAt = on ? now : 0;
  if (socket.connected) socket.emit("typing", on);
}

/** The server takes it back itself when the message arrives. */
export function typingIsOver() {
  saidAt = 0;
}

function render() {
  const names = [...typers.values()].map(({ name }) => name);
  if (names.length === 0) return line.replaceChildren();
  const dots = element("span", { class: "dots", "aria-hidden": "true" });
  dots.append(element("i"), element("i"), element("i"));
  line.replaceChildren(dots, `${listNames(names)} ${names.length > 1 ? "are" : "is"} typing`);
}
