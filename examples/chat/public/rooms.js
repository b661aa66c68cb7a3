/** The list of rooms. The room is part of the address, so that it survives a reload and can be sent to somebody. */

import { byId, element } from "./dom.js";

const list = byId("rooms");
let rooms = [];
let tellKnown;
/** Settled once the server has said which rooms there are. */
export const roomsKnown = new Promise((resolve) => {
  tellKnown = resolve;
});

export function wantedRoom() {
  const room = location.hash.slice(1);
  return rooms.includes(room) ? room : rooms[0];
}

/** @param all the rooms, from the server */
export function showRooms(all) {
  if (all.join() === rooms.join()) return;
  rooms = all;
  tellKnown();
  list.replaceChildren(...rooms.map(roomElement));
  mark();
}

/** @param onChange called with the room that the person chose */
export function watchRoom(onChange) {
  addEventListener("hashchange", () => {
    mark();
    onChange(wantedRoom());
  });
}

function roomElement(room) {
  const button = element("button", { type: "button", "data-room": room }, room);
  button.append(element("small", { "data-room": room }));
  button.addEventListener("click", () => {
    location.hash = room;
  });
  return element("li", {}, button);
}

function mark() {
  for (const button of list.querySelectorAll("button")) {
    if (button.dataset.room === wantedRoom()) button.setAttribute("aria-current", "page");
    else button.removeAttribute("aria-current");
  }
}
