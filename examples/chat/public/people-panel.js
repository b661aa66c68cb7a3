/** On narrow screens the list of people slides in from the side. */

import { byId } from "./dom.js";

const panel = byId("people");
const button = byId("people-button");

export function startPeoplePanel() {
  button.addEventListener("click", () => open(!panel.hasAttribute("data-open")));
  byId("people-close").addEventListener("click", () => open(false));
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && panel.hasAttribute("data-open")) open(false);
  });
}

function open(on) {
  panel.toggleAttribute("data-open", on);
  button.setAttribute("aria-expanded", String(on));
  (on ? byId("people-close") : button).focus();
}
