/** Connects the parts of the page with the server. */

import { focusComposer, setComposer, startComposer } from "./composer.js";
import { showWorker, watchConnection } from "./connection.js";
import { addMessage, addNotice, showRoom } from "./conversation.js";
import { byId } from "./dom.js";
import { key, rememberName } from "./identity.js";
import { askName, nameIsFine, nameIsRefused } from "./join.js";
import { startPeoplePanel } from "./people-panel.js";
import { pulse, showPresence, showYou } from "./presence.js";
import { roomsKnown, showRooms, wantedRoom, watchRoom } from "./rooms.js";
import { clearTyping, showTyping } from "./typing.js";
import { initials, labelOf, tint } from "./worker-colour.js";

/** `?transport=polling` keeps a window from upgrading, as some networks do. */
const transport = new URLSearchParams(location.search).get("transport");
const socket = io({
  transports: transport === null ? ["polling", "websocket"] : [transport],
  reconnectionDelay: 400,
  reconnectionDelayMax: 3_000,
});
/** What this person wants to be; the server confirms it as `you`. */
let wish = { name: "", room: "" };
let you;

watchConnection(socket);
startComposer(socket);
startPeoplePanel();
watchRoom((room) => {
  if (you !== undefined) void join({ ...wish, room });
});
byId("me").addEventListener("click", changeName);
changeName();

socket.on("connect", () => {
  if (you !== undefined) void join(wish, { again: true });
});
socket.on("connect_error", () => {
  byId("join-about").textContent = "The server does not answer yet. Trying again…";
});
socket.on("disconnect", () => {
  clearTyping();
  if (you !== undefined) setComposer("waiting");
});
socket.on("rooms", showRooms);
socket.on("presence", showPresence);
socket.on("typing", showTyping);
socket.on("notice", addNotice);
socket.on("message", (message) => {
  if (message.room !== you?.room) return;
  addMessage(message);
  pulse(message.worker);
});

function changeName() {
  askName(
    async (name) => {
      await roomsKnown;
      await join({ name, room: wantedRoom() });
    },
    { known: you !== undefined },
  );
}

async function join(next, { again = false } = {}) {
  try {
    const answer = await socket.timeout(8_000).emitWithAck("join", { key, again, ...next });
    if (answer.ok) enter(next, answer, again);
    else nameIsRefused(answer.error);
  } catch {
    // Who was in already joins again at the next "connect".
    if (socket.connected || you === undefined) nameIsRefused("The server did not answer. Please try again.");
  }
}

function enter(next, welcome, again) {
  const stays = again || welcome.you.room === you?.room;
  wish = next;
  you = welcome.you;
  rememberName(you.name);
  nameIsFine();
  clearTyping();
  showWorker(you.worker, socket);
  showYou(you);
  showMe();
  showRoom(you, welcome.history, { again: stays });
  setComposer("ready", you.room);
  if (!stays) focusComposer();
}

function showMe() {
  const me = byId("me");
  me.hidden = false;
  const face = me.querySelector(".avatar");
  face.textContent = initials(you.name);
  tint(face, you.worker);
  me.querySelector("strong").textContent = you.name;
  me.querySelector("small").textContent = labelOf(you.worker);
  byId("title").textContent = `# ${you.room}`;
  document.title = `#${you.room} · Tideline`;
}
