/** Promise: to 200 clients on three workers every way to address them means what it means in a single process, each client exactly once. */

import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { Crowd } from "../helpers/clients/crowd.js";
import { type Fleet, startFleet } from "../helpers/fleet.js";

const CLIENTS = 200;

let fleet: Fleet;
let crowd: Crowd;
beforeAll(async () => {
  fleet = await startFleet("apps/contract.mjs", { workers: 3, args: ["--policy", "round-robin"] });
  crowd = await Crowd.gather(fleet, CLIENTS);
});
afterAll(async () => {
  crowd?.close();
  expect(await fleet.stop()).toBe(0);
});
beforeEach(() => crowd.forget());

const everyone = [...Array(CLIENTS).keys()];
const even = everyone.filter((index) => index % 2 === 0);
const odd = everyone.filter((index) => index % 2 === 1);

it("counts three servers and every client, with rooms, data and handshake", async () => {
  for (const speaker of crowd.speakers) {
    expect(await speaker.ask("servers")).toBe(3);
    const sockets = await speaker.ask<Description[]>("sockets", {});
    expect(sockets.map(({ id }) => id).sort()).toEqual([...crowd.ids].sort());
    for (const { id, rooms, data, handshake } of sockets) {
      const index = crowd.ids.indexOf(id);
      expect(data.slot).toBe(`${crowd.members[index]?.slot}`);
      expect(rooms).toContain(id);
      expect(rooms).toContain(index % 2 === 0 ? "even" : "odd");
      expect(handshake.query.index).toBe(`${index}`);
    }
  }
});

type Description = {
  id: string;
  rooms: string[];
  data: { slot: string };
  handshake: { query: { index: string } };
};

it("io.emit reaches each of them once", async () => {
  await crowd.send({}, "all");
  expect(await crowd.whoHeard("all")).toEqual(everyone);
});

it("io.emit carries bytes", async () => {
  const bytes = Buffer.from(everyone);
  await crowd.send({}, bytes);
  expect(await crowd.whoHeard(bytes)).toEqual(everyone);
});

it("to(room) reaches the members, to several rooms each member once", async () => {
  await crowd.send({ rooms: ["even"] }, "to even");
  await crowd.send({ rooms: ["even", "odd"] }, "to both");
  await crowd.send({ rooms: ["nobody"] }, "to nobody");
  await crowd.settled();
  expect(crowd.heardBy("to even")).toEqual(even);
  expect(crowd.heardBy("to both")).toEqual(everyone);
  expect(crowd.heardBy("to nobody")).toEqual([]);
});

it("to(id) reaches one client, from any worker", async () => {
  const some = [0, 1, 2, 3, 4, 5];
  for (const [at, speaker] of crowd.speakers.entries()) {
    for (const index of some)
      await speaker.ask("send", { rooms: [crowd.ids[index]] }, "shout", `${index} by ${at}`);
  }
  await crowd.settled();
  for (const at of crowd.speakers.keys()) {
    for (const index of some) expect(crowd.heardBy(`${index} by ${at}`)).toEqual([index]);
  }
});

it("except(room) reaches the others", async () => {
  await crowd.send({ except: ["even"] }, "not to even");
  await crowd.send({ rooms: ["even"], except: ["odd", "even"] }, "to no one");
  await crowd.settled();
  expect(crowd.heardBy("not to even")).toEqual(odd);
  expect(crowd.heardBy("to no one")).toEqual([]);
});

it("volatile reaches whoever can take it now, at most once", async () => {
  await crowd.send({ volatile: true }, "perhaps");
  const heard = await crowd.whoHeard("perhaps");
  expect(heard).toEqual([...new Set(heard)]);
  expect(heard).toEqual(expect.arrayContaining(crowd.byWebSocket));
});

it("local reaches the clients of one worker", async () => {
  const [speaker] = crowd.speakers;
  await speaker?.ask("send", { local: true }, "shout", "here");
  const here = everyone.filter((index) => crowd.members[index]?.slot === speaker?.slot);
  expect(await crowd.whoHeard("here")).toEqual(here);
});

it("socket.broadcast reaches all but the sender", async () => {
  await crowd.members[7]?.ask("send others", "shout", "from the seventh");
  expect(await crowd.whoHeard("from the seventh")).toEqual(everyone.filter((index) => index !== 7));
});

const NAMESPACES = ["/second", "/dynamic-one", "/dynamic-two"];

it("keeps what is said in other namespaces apart, also in dynamic ones", async () => {
  const some = crowd.members.slice(0, 12);
  for (const namespace of NAMESPACES) {
    const there = await Promise.all(some.map((member) => member.join(namespace)));
    await there[0]?.ask("send", {}, "shout", namespace);
    await Promise.all(
      there.map((session) => session.until(namespace, () => session.heard("shout").length > 0)),
    );
    for (const session of there) {
      expect(session.heard("shout")).toEqual([[namespace]]);
      session.socket.disconnect();
    }
  }
  await crowd.settled();
  for (const namespace of NAMESPACES) expect(crowd.heardBy(namespace)).toEqual([]);
});

it("emitWithAck gathers the answer of every client, and asks each once", async () => {
  for (const speaker of crowd.speakers) {
    const { answers } = await speaker.ask<Answers>("ask", {}, 10_000);
    expect(sorted(answers)).toEqual(everyone);
  }
  const { answers } = await crowd.speakers[0].ask<Answers>("ask", { rooms: ["odd"] }, 10_000);
  expect(sorted(answers)).toEqual(odd);
  expect(crowd.timesAsked()).toEqual(everyone.map((index) => 3 + (index % 2)));
});

it("emitWithAck ends at its time limit with the answers that came", async () => {
  crowd.mute(33);
  const { error, answers, took } = await crowd.speakers[0].ask<Answers>("ask", {}, 700);
  crowd.mute(undefined);
  expect(error).toBe("operation has timed out");
  expect(sorted(answers)).toEqual(everyone.filter((index) => index !== 33));
  expect(took).toBeGreaterThanOrEqual(690);
  expect(took).toBeLessThan(3_000);
});

type Answers = { answers: number[]; error?: string; took?: number };
const sorted = (answers: readonly number[]): number[] => [...answers].sort((a, b) => a - b);

it("socketsJoin and socketsLeave change the rooms of clients on all workers", async () => {
  const [first, second] = crowd.speakers;
  await first.ask("control", { rooms: ["even"] }, "socketsJoin", [["joined", "also"]]);
  await crowd.sendBy(first, { rooms: ["joined"] }, "after the join");
  expect(await crowd.whoHeard("after the join")).toEqual(even);
  expect(await second.ask<unknown[]>("sockets", { rooms: ["also"] })).toHaveLength(even.length);
  await first.ask("control", { rooms: ["even"] }, "socketsLeave", ["joined"]);
  await crowd.sendBy(first, { rooms: ["joined"] }, "after the leave");
  expect(await crowd.whoHeard("after the leave")).toEqual([]);
  expect(await second.ask<unknown[]>("sockets", { rooms: ["joined"] })).toHaveLength(0);
});

it("serverSideEmit reaches the other workers, and their answers come back", async () => {
  for (const { slot, ask } of crowd.speakers.map((one) => ({ slot: one.slot, ask: one.ask.bind(one) }))) {
    const others = ["0", "1", "2"].filter((other) => other !== `${slot}`);
    expect((await ask<string[]>("ask servers")).sort()).toEqual(others);
    await ask("tell servers", `note of ${slot}`);
  }
  for (const speaker of crowd.speakers) {
    const expected = crowd.speakers
      .filter(({ slot }) => slot !== speaker.slot)
      .map(({ slot }) => ({ text: `note of ${slot}`, from: `${slot}` }));
    await expect
      .poll(() => speaker.ask<{ text: string }[]>("notes"), { timeout: 5_000 })
      .toHaveLength(expected.length);
    const notes = await speaker.ask<{ text: string }[]>("notes");
    expect(notes.sort((a, b) => a.text.localeCompare(b.text))).toEqual(expected);
  }
});

it("disconnectSockets ends exactly the clients it is for, and no other client had a fault until here", async () => {
  expect(crowd.faults()).toEqual([]);
  const [speaker] = crowd.speakers;
  await speaker.ask("control", { rooms: ["odd"] }, "disconnectSockets", [true]);
  await expect.poll(() => crowd.disconnected(), { timeout: 10_000 }).toEqual(odd);
  await crowd.send({}, "who is left");
  expect(await crowd.whoHeard("who is left")).toEqual(even);
});
