/** The field in which one writes. What could not be sent comes back into it. */

import { byId } from "./dom.js";
import { randomKey } from "./identity.js";
import { sayTyping, typingIsOver } from "./typing.js";

/** As the server counts; the server has the last word. */
const MOST = 500;
/** From here on the rest is shown. */
const NEARLY = 420;
/** Milliseconds. */
const PATIENCE = 6_000;

const form = byId("composer");
const field = byId("text");
const send = form.querySelector("button");
const error = byId("composer-error");
const counter = byId("counter");

/** A text that may have arrived is sent again under the same id, so it is never shown twice. */
let unsure = { id: "", text: "" };

export function startComposer(socket) {
  field.addEventListener("input", () => {
    showError("");
    check();
    sayTyping(socket, field.value.trim() !== "");
  });
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void submit(socket);
  });
}

/** @param state `ready`, or `waiting` while there is no connection: one may write on, but not send */
export function setComposer(state, room) {
  field.disabled = false;
  field.placeholder = state === "ready" ? `Message #${room}` : "Reconnecting… you can go on writing";
  send.disabled = state !== "ready";
}

export const focusComposer = () => field.focus();

async function submit(socket) {
  const text = field.value;
  if (send.disabled || text.trim() === "") return;
  if (check() > MOST) return showError(`This message is ${check() - MOST} characters too long.`);
  const id = unsure.text === text ? unsure.id : randomKey();
  clear();
  try {
    const answer = await socket.timeout(PATIENCE).emitWithAck("say", { id, text });
    if (!answer.ok) giveBack(text, answer.error);
    else unsure = { id: "", text: "" };
  } catch {
    unsure = { id, text };
    giveBack(text, "The connection broke, and this may not have been sent. Send it again to be sure.");
  }
}

function clear() {
  field.value = "";
  typingIsOver();
  showError("");
  check();
}

/** What was typed in the meantime stays, behind it. */
function giveBack(text, sentence) {
  field.value = field.value === "" ? text : `${text}\n${field.value}`;
  check();
  showError(sentence);
}

/** @returns the number of characters, as people count them */
function check() {
  const count = [...new Intl.Segmenter().segment(field.value.trim())].length;
  counter.hidden = count < NEARLY;
  counter.textContent = `${count} / ${MOST}`;
  counter.toggleAttribute("data-over", count > MOST);
  return count;
}

function showError(sentence) {
  error.textContent = sentence;
  field.setAttribute("aria-invalid", String(sentence !== ""));
}
