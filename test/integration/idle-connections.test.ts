/** Promise: a connection leaves its worker only while nothing is under way on it, and one that nobody takes is served on where it is. */

import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createDoor, type Socket } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { IdleConnections } from "../../src/worker/idle-connections.js";
import { detachHandle, type RawHandle, rawHandleOf } from "../../src/worker/internals/handles.js";
import { quietConnections } from "../../src/worker/internals/http.js";
import { type OfferConnection, takeConnection } from "../../src/worker/pass-connection.js";
import { RawConnection } from "../helpers/raw-connection.js";

let server: Server;
/** Answers that are held back. */
let held: ServerResponse[];
let heard: () => void;
let offers: { handle: RawHandle; outcome: (taken: boolean) => void }[];
let idle: IdleConnections;
let client: RawConnection;
const offer: OfferConnection = (_passage, handle, outcome) => {
  offers.push({ handle, outcome });
  return true;
};

beforeEach(async () => {
  held = [];
  offers = [];
  heard = () => {};
  server = createServer((request, response) => {
    if (request.url === "/held") held.push(response);
    else response.end("here");
    heard();
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  idle = new IdleConnections(new Map([[server, "the only one"]]), offer);
  client = await RawConnection.open((server.address() as AddressInfo).port);
  // It is the server's connection from now on.
  await client.get("/");
});
afterEach(() => {
  client.destroy();
  server.closeAllConnections();
  server.close();
});

const arrives = (): Promise<void> =>
  new Promise((resolve) => {
    heard = resolve;
  });

it("one between two requests is offered, once", () => {
  expect([idle.pass(), idle.pass(), offers.length]).toEqual([true, true, 1]);
});

it("one whose answer is owed is offered when it was given", async () => {
  const asked = arrives();
  const answered = client.get("/held");
  await asked;
  expect([idle.pass(), offers.length]).toEqual([false, 0]);
  held[0]?.end("late");
  expect((await answered).body.toString()).toBe("late");
  expect([idle.pass(), offers.length]).toEqual([true, 1]);
});

it("one with half a request is not offered before that is answered", async () => {
  const [socket] = accepted();
  const arrived = new Promise<void>((resolve) => {
    const before = socket?.bytesRead ?? 0;
    const look = (): unknown => ((socket?.bytesRead ?? 0) > before ? resolve() : setTimeout(look, 5));
    look();
  });
  client.write("GET / HTTP/1.1\r\nHo");
  await arrived;
  expect([idle.pass(), offers.length]).toEqual([false, 0]);
  client.write("st: app\r\n\r\n");
  await client.response();
  expect([idle.pass(), offers.length]).toEqual([true, 1]);
});

it("one whose last answer said that it ends is not offered", async () => {
  const asked = arrives();
  const answered = client.get("/held");
  await asked;
  const [response] = held;
  if (response === undefined) throw new Error("nothing is held");
  response.setHeader("Connection", "close");
  const finished = new Promise<void>((resolve) => response.once("finish", () => resolve()));
  response.end();
  await finished;
  expect([idle.pass(), offers.length]).toEqual([false, 0]);
  expect((await answered).headers.get("connection")).toBe("close");
});

it("what the client sends meanwhile is answered here if nobody takes it, and it is not offered again", async () => {
  idle.pass();
  const answered = client.get("/");
  offers[0]?.outcome(false);
  expect((await answered).body.toString()).toBe("here");
  expect([idle.pass(), offers.length]).toEqual([false, 1]);
});

it("without anybody who could take it, it is served on", async () => {
  const alone = new IdleConnections(new Map([[server, "the only one"]]), () => false);
  expect(alone.pass()).toBe(false);
  expect((await client.get("/")).body.toString()).toBe("here");
});

it("one that its server closed on its way is on its way no more", async () => {
  idle.pass();
  const [socket] = accepted();
  if (socket === undefined) throw new Error("no connection");
  const closed = once(socket, "close");
  socket.destroy();
  await closed;
  offers[0]?.outcome(false);
  expect(idle.pass()).toBe(false);
});

it("of those that were taken, one that is not used is closed when its time is over, and one that waits for an answer is not", async () => {
  server.keepAliveTimeout = 1;
  const door = createDoor({ pauseOnConnect: true }, (socket) => {
    const handle = rawHandleOf(socket);
    if (handle === undefined) throw new Error("no descriptor");
    detachHandle(socket, handle);
    takeConnection(server, handle, undefined);
  });
  await once(door.listen(0, "127.0.0.1"), "listening");
  const { port } = door.address() as AddressInfo;
  const [waits, unused] = await Promise.all([RawConnection.open(port), RawConnection.open(port)]);
  const asked = arrives();
  const answered = waits.get("/held");
  await asked;
  await unused.closes();
  held[0]?.end("late");
  expect([(await answered).body.toString(), unused.closed]).toEqual(["late", true]);
  waits.destroy();
  door.close();
});

/** The server's ends of connections that are idle. */
const accepted = (): Socket[] => quietConnections(server);
