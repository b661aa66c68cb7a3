/** Test helper: places that are no more than addresses of the loopback interface; what is to be cut goes through a relay. */

import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import type { Network, Place, Route } from "./network.js";

export class LoopbackNetwork implements Network {
  readonly address = "127.0.0.1";
  readonly #relays: Relay[] = [];
  #places = 0;

  async place(name: string): Promise<Place> {
    // Below 127/8 every address is there without being set up; another process has others.
    const { pid } = process;
    const address = `127.${64 + (pid % 128)}.${Math.floor(pid / 128) % 256}.${++this.#places}`;
    return { name, address, within: [] };
  }

  async route(_from: Place, to: Place, port: number): Promise<Route> {
    const relay = await Relay.open(to.address, port);
    this.#relays.push(relay);
    return relay;
  }

  async remove(): Promise<void> {
    for (const relay of this.#relays) relay.close();
  }
}

type Pair = readonly [Socket, Socket];

/** Carries bytes both ways, until it is cut: then it reads nothing, and connections wait. */
class Relay implements Route {
  readonly address = "127.0.0.1";
  port = 0;
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  #isCut = false;

  private constructor(address: string, port: number) {
    this.#server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (near) => {
      const far = connect({ host: address, port, allowHalfOpen: true });
      const pair = [near, far] as const;
      this.#pairs.add(pair);
      this.#join(pair);
      if (this.#isCut) setState(pair, "pause");
      else near.resume();
    });
  }

  static async open(address: string, port: number): Promise<Relay> {
    const relay = new Relay(address, port);
    await once(relay.#server.listen(0, relay.address), "listening");
    relay.port = (relay.#server.address() as AddressInfo).port;
    return relay;
  }

  async cut(): Promise<void> {
    this.#isCut = true;
    for (const pair of this.#pairs) setState(pair, "pause");
  }

  async heal(): Promise<void> {
    this.#isCut = false;
    for (const pair of this.#pairs) setState(pair, "resume");
  }

  close(): void {
    this.#server.close();
    for (const [near, far] of this.#pairs) {
      near.destroy();
      far.destroy();
    }
  }

  #join(pair: Pair): void {
    const [near, far] = pair;
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on("data", (bytes) => to.write(bytes));
      from.on("end", () => to.end());
      from.on("error", () => to.destroy());
      from.on("close", () => {
        to.destroy();
        this.#pairs.delete(pair);
      });
    }
  }
}

function setState(pair: Pair, state: "pause" | "resume"): void {
  for (const socket of pair) socket[state]();
}
