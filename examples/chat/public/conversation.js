/** The messages and notices of one room, in order of time. */

import { byId, element, listNames, plural } from "./dom.js";
import { timeElement } from "./relative-time.js";
import { ALONE, avatar, chip, tint } from "./worker-colour.js";

/** Messages of one person within this time stand together. Milliseconds. */
const TOGETHER = 5 * 60_000;
/** More than this and the oldest go. */
const KEEP = 200;
/** As near to the end as this counts as reading along. Pixels. */
const NEAR = 80;

const scroll = byId("scroll");
const list = byId("messages");
const empty = byId("empty");
const unseenButton = byId("unseen");

let items = [];
let you;
let unseen = 0;
/** Reading along: what comes next is scrolled to. */
let following = true;
/** The last thing on the page, which the next one may join: { kind, element, ... }. */
let last;

unseenButton.addEventListener("click", toEnd);
scroll.addEventListener("scroll", () => {
  following = isNearEnd();
  if (following) clearUnseen();
});
// A field that grows or a keyboard that comes up must not cover what was being read.
new ResizeObserver(() => following && toEnd()).observe(scroll);

/** Shows a room: its history, and after a lost connection also what was on the page before. */
export function showRoom(person, history, { again }) {
  const notices = again ? items.filter((item) => item.kind !== undefined) : [];
  const known = new Set(history.map(({ id }) => id));
  const older = again ? items.filter((item) => item.kind === undefined && !known.has(item.id)) : [];
  you = person;
  items = [...older, ...notices, ...history].sort(inTime);
  empty.querySelector(".empty-title").textContent = `It is quiet in #${person.room}`;
  renderAll();
}

export function addMessage(message) {
  if (items.some(({ id, kind }) => kind === undefined && id === message.id)) return;
  add(message, message.author.id === you?.id);
}

export function addNotice(notice) {
  if (notice.id !== you?.id) add(notice, false);
}

function add(item, follow) {
  const near = following;
  const late = items.length > 0 && inTime(item, items.at(-1)) < 0;
  items.push(item);
  items.sort(inTime);
  if (late || items.length > KEEP) {
    items = items.slice(-KEEP);
    renderAll();
  } else {
    render(item, true);
  }
  if (follow || near) toEnd();
  else if (item.kind === undefined) countUnseen();
}

function renderAll() {
  scroll.setAttribute("aria-busy", "true");
  list.replaceChildren();
  last = undefined;
  for (const item of items) render(item, false);
  scroll.removeAttribute("aria-busy");
  empty.hidden = items.some(({ kind }) => kind === undefined);
  toEnd();
}

function render(item, fresh) {
  if (item.kind === undefined) renderMessage(item, fresh);
  else renderNotice(item);
}

function renderMessage(message, fresh) {
  empty.hidden = true;
  if (!joinsLast(message)) startGroup(message);
  last.at = message.at;
  last.bubbles.append(element("p", { class: fresh ? "bubble new" : "bubble", dir: "auto" }, message.text));
}

function joinsLast({ author, worker, at }) {
  return (
    last?.kind === "group" && last.author === author.id && last.worker === worker && at - last.at < TOGETHER
  );
}

function startGroup({ author, worker, at }) {
  const mine = author.id === you?.id;
  const by = element("p", { class: "by" });
  by.append(element("strong", {}, mine ? "You" : author.name), chip(worker), timeElement(at));
  const bubbles = element("div", { class: "bubbles" });
  const group = element(
    "li",
    { class: mine ? "group mine" : "group" },
    avatar(author.name, worker),
    by,
    bubbles,
  );
  list.append(tint(group, worker));
  last = { kind: "group", author: author.id, worker, at, bubbles };
}

/** People who come or go together, as when a worker ends, share one line. */
function renderNotice({ kind, name, worker }) {
  if (last?.kind !== kind || last.worker !== worker) {
    const line = element("li", { class: "notice" });
    list.append(line);
    last = { kind, worker, line, names: new Set() };
  }
  last.names.add(name);
  last.line.replaceChildren(...sentence(kind, [...last.names], worker));
}

function sentence(kind, names, worker) {
  const who = listNames(names, 4);
  const on = worker === ALONE ? [] : [" on ", chip(worker)];
  if (kind === "left") return [`${who} left`];
  if (kind === "joined") return [`${who} joined`, ...on];
  return [`${who} ${names.length > 1 ? "are" : "is"} back`, ...on];
}

function inTime(a, b) {
  return a.at - b.at || (a.id < b.id ? -1 : 1);
}

function isNearEnd() {
  return scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < NEAR;
}

function toEnd() {
  scroll.scrollTop = scroll.scrollHeight;
  clearUnseen();
}

function countUnseen() {
  unseen += 1;
  unseenButton.textContent = `${plural(unseen, "new message", "new messages")} below`;
  unseenButton.hidden = false;
}

function clearUnseen() {
  unseen = 0;
  unseenButton.hidden = true;
}
