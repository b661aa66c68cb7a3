/** Who is online, in which room and on which worker: the fleet strip, the list of people and the counts of the rooms. */

import { byId, element, plural } from "./dom.js";
import { avatar, chip, labelOf, tint } from "./worker-colour.js";

/** From here on the parts of the strip are small. */
const MANY = 5;

const fleet = byId("fleet");
const peopleList = byId("people-list");

let presence = { people: [], workers: [] };
let you;

export function showPresence(next) {
  presence = next;
  render();
}

/** @param person this window's person, as the server knows them */
export function showYou(person) {
  you = person;
  render();
}

/** A message came from this worker: its part of the strip lights up for a moment. */
export function pulse(worker) {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const slot = [...fleet.children].find(({ dataset }) => dataset.worker === worker);
  if (slot === undefined || still) return;
  slot.animate([{ boxShadow: "0 0 0 0 var(--solid)" }, { boxShadow: "0 0 0 7px transparent" }], {
    duration: 650,
    easing: "ease-out",
  });
}

function render() {
  fleet.toggleAttribute("data-many", presence.workers.length >= MANY);
  fleet.replaceChildren(...presence.workers.map(slotElement));
  renderPeople();
  renderCounts();
  const { people, workers } = presence;
  byId("join-about").textContent =
    people.length === 0
      ? "Nobody is here yet. You are the first."
      : `${plural(people.length, "person is", "people are")} here${workers.length > 1 ? `, on ${workers.length} workers` : ""}.`;
}

function slotElement({ name, pid }) {
  const seated = presence.people.filter(({ worker }) => worker === name);
  const slot = element("li", { class: "slot", "data-worker": name, title: `pid ${pid}` });
  if (you?.worker === name) slot.dataset.here = "";
  const title = element("p", { class: "slot-name" }, labelOf(name), element("small", {}, `pid ${pid}`));
  slot.append(title, seats(seated));
  return tint(slot, name);
}

function seats(people) {
  const faces = people
    .slice(0, presence.workers.length >= MANY ? 3 : 5)
    .map(({ name, worker }) => avatar(name, worker));
  const word = element("span", { class: "seats-word" }, people.length === 1 ? " person" : " people");
  const count = element(
    "span",
    { class: "seats-count" },
    people.length === 0 ? "" : String(people.length),
    word,
  );
  if (people.length === 0) word.textContent = "nobody yet";
  return element("div", { class: "seats" }, ...faces, count);
}

function renderPeople() {
  const here = presence.people.filter(({ room }) => room === you?.room);
  const elsewhere = presence.people.filter(({ room }) => room !== you?.room);
  const count = String(presence.people.length);
  byId("people-title").textContent = `${count} online`;
  byId("people-count").textContent = count;
  peopleList.replaceChildren(
    ...section(you === undefined ? "" : `In #${you.room}`, here),
    ...section("In other rooms", elsewhere),
    ...(presence.people.length > 1 ? [] : [aloneHint()]),
  );
}

function section(title, people) {
  if (people.length === 0) return [];
  return [element("h3", {}, title), element("ul", {}, ...people.map(personElement))];
}

function personElement({ id, name, room, worker }) {
  const about = id === you?.id ? " (you)" : room === you?.room ? "" : ` #${room}`;
  const text = element("span", { class: "person-name" }, name, element("small", {}, about));
  return element("li", { class: "person" }, avatar(name, worker), text, chip(worker));
}

function aloneHint() {
  return element(
    "p",
    { class: "alone" },
    "Only you so far. Open this page in a second window and talk to yourself: it may sit on another worker.",
  );
}

function renderCounts() {
  for (const small of document.querySelectorAll("#rooms small")) {
    const count = presence.people.filter(({ room }) => room === small.dataset.room).length;
    small.textContent = count === 0 ? "" : String(count);
    small.setAttribute("aria-label", plural(count, "person", "people"));
  }
}
