/** The dialog in which one says one's name. */

import { byId } from "./dom.js";
import { lastName } from "./identity.js";

const dialog = byId("join");
const field = byId("name");
const error = byId("name-error");
let submit = () => {};
let mayCancel = false;

dialog.addEventListener("cancel", (event) => {
  if (!mayCancel) event.preventDefault();
});
field.addEventListener("input", () => showError(""));
dialog.querySelector("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const name = field.value.trim();
  if (name === "") showError("Please type a name.");
  else void submit(name);
});

/**
 * @param onName called with each name that the person tries, until `nameIsFine`
 * @param known the person is in already, and may keep the name that they have
 */
export function askName(onName, { known }) {
  submit = onName;
  mayCancel = known;
  byId("join-title").textContent = known ? "Change your name" : "Welcome to Tideline";
  dialog.querySelector("button").textContent = known ? "Change" : "Come in";
  field.value = lastName();
  showError("");
  dialog.showModal();
  field.select();
}

export function nameIsFine() {
  dialog.close();
}

/** @param sentence from the server */
export function nameIsRefused(sentence) {
  if (!dialog.open) dialog.showModal();
  showError(sentence);
}

function showError(sentence) {
  error.textContent = sentence;
  field.setAttribute("aria-invalid", String(sentence !== ""));
  if (sentence !== "") field.focus();
}
