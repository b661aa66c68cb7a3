import { beforeEach, describe, expect, it, vi } from "vitest";
import { type Ends, ReceivedStreams } from "../../helpers/traffic/received-streams.js";
import { flawsOf } from "../../helpers/traffic/report.js";
import { Tally } from "../../helpers/traffic/tally.js";

const NOON = 1_000_000;
let tally: Tally;
let ends: Ends;

beforeEach(() => {
  vi.useFakeTimers({ now: NOON });
  tally = new Tally();
  ends = new Map();
  return () => vi.useRealTimers();
});

/** A socket that has joined at noon. */
function receiver(): ReceivedStreams {
  const streams = new ReceivedStreams("one", tally, ends);
  streams.join(true, "0.1.1");
  return streams;
}

function flaws(...receivers: readonly ReceivedStreams[]): string[] {
  const streams = tally.streams(receivers.flatMap((each) => [...each.entries()]));
  const { asks } = tally;
  return flawsOf({
    clients: 1,
    sockets: 1,
    connected: 1,
    ...tally.totals(),
    streams,
    heardPlaces: [],
    farLosses: receivers.flatMap((each) => each.farLosses()),
    asks,
    rtt: tally.rtt(),
  });
}

describe("broadcasts of a worker", () => {
  it("may begin anywhere for who came later than the first", () => {
    const one = receiver();
    one.broadcast("0.1", "/ all", 5, NOON - 1);
    one.broadcast("0.1", "/ all", 6, NOON - 1);
    expect(flaws(one)).toEqual([]);
  });

  it("begin with 1 for who was there before", () => {
    const one = receiver();
    one.broadcast("0.2", "/ all", 2, NOON + 1);
    expect(flaws(one)).toEqual(["1 all: lost"]);
  });

  it("from another host are counted apart, and so is what others say there", () => {
    const one = new ReceivedStreams("one", tally, ends);
    one.join(true, "h1/0.1.1");
    one.broadcast("h1/1.1.2", "/ all", 1, NOON + 1);
    // That the socket had joined was news for that host.
    one.broadcast("h3/0.1.4", "/ all", 2, NOON + 100);
    one.broadcast("h2/0.1.3", "/ all", 2, NOON + 6_000);
    one.heard("c1", 1, "h1/1.1.2");
    one.heard("c2", 1, "h2/0.1.3");
    one.heard("c2", 3, "h2/0.1.3");
    expect(flaws(one)).toEqual(["1 far: lost", "1 farHeard: lost"]);
    expect(one.farLosses()).toEqual([{ from: "h2", to: "h1", lost: 1 }]);
  });

  it("reach everybody that was there when the first was sent, to the last one", () => {
    const [one, other, elsewhere] = [receiver(), receiver(), receiver()];
    for (const n of [1, 2, 3]) one.broadcast("0.2", "/ room 1", n, NOON + 1);
    one.finishBroadcasts(["/ all", "/ room 1"]);
    other.finishBroadcasts(["/ all", "/ room 1"]);
    elsewhere.finishBroadcasts(["/ all", "/ room 2"]);
    expect(flaws(one, elsewhere)).toEqual([]);
    expect(flaws(one, other, elsewhere)).toEqual(["3 room: lost"]);
  });

  it("of two generations are two streams", () => {
    const one = receiver();
    for (const n of [7, 8]) one.broadcast("0.1", "/ all", n, NOON - 1);
    for (const n of [1, 2]) one.broadcast("0.2", "/ all", n, NOON + 1);
    one.broadcast("0.1", "/ all", 8, NOON - 1);
    expect(flaws(one)).toEqual(["1 all: doubled"]);
  });

  it("may be missed while the receiver is away", () => {
    const one = receiver();
    one.broadcast("0.1", "/ all", 1, NOON + 1);
    one.interrupt();
    vi.setSystemTime(NOON + 10);
    one.join(true, "0.1.1");
    one.broadcast("0.1", "/ all", 4, NOON + 1);
    one.broadcast("0.2", "/ all", 3, NOON + 5);
    one.finishBroadcasts(["/ all"]);
    expect(flaws(one)).toEqual([]);
  });
});

describe("the stream of a socket", () => {
  it("begins anew with a session that the app does not know", () => {
    const one = receiver();
    for (const n of [1, 2]) one.receive("tick", "tick", n, 1);
    one.interrupt();
    one.join(true, "0.1.1");
    one.receive("tick", "tick", 1, 1);
    expect(flaws(one)).toEqual([]);
  });

  it("goes on where it was when the session has moved", () => {
    const one = receiver();
    for (const n of [1, 2]) one.receive("tick", "tick", n, 1);
    one.join(false, "0.1.1");
    one.receive("tick", "tick", 4, 1);
    one.receive("tick", "tick", 2, 1);
    expect(flaws(one)).toEqual(["1 tick: lost", "1 tick: doubled"]);
  });
});
