/**
 * Primary: the sockets that systemd passed, and which server of the app has which. A server gets the one that is named after what it
 * asks for, else the one that listens there; the app's first server that speaks HTTP gets the first one in any case.
 */

import type { ListenAddress, ListenTarget } from "../../protocol/messages.js";
import { PipeName } from "../pipe-name.js";
import type { PassedSocket } from "./passed-socket.js";

const ANY_HOST: readonly (string | undefined)[] = [undefined, "", "::", "0.0.0.0"];

export class PassedSockets {
  readonly #sockets: readonly PassedSocket[];
  readonly #claimed = new Set<PassedSocket>();
  /** Of those with a file, which apps remove before they listen, and when they end. */
  readonly #pipeNames = new Map<PassedSocket, PipeName>();
  /** What the app's first server that speaks HTTP has, because nothing that was passed listens where it wanted to. */
  #first: PassedSocket | undefined;

  constructor(sockets: readonly PassedSocket[]) {
    this.#sockets = sockets;
  }

  /** From now on no name of a Unix socket gets lost, until {@link leaveNames}. */
  keepNames(): void {
    for (const socket of this.#sockets) {
      const { address } = socket;
      const hasFile = typeof address === "string" && address.startsWith("/");
      if (hasFile) this.#pipeNames.set(socket, new PipeName(address));
    }
  }

  /** The last worker is gone: each socket is left as systemd made it. */
  leaveNames(): void {
    for (const name of this.#pipeNames.values()) {
      name.restore();
      name.forget();
    }
  }

  /** Whether a server that asks for just this would get one of them. */
  has(target: ListenTarget): boolean {
    return this.#matching(target) !== undefined;
  }

  /** @param first the app's first server that speaks HTTP asks. @returns the socket that is this server's from now on */
  claim(target: ListenTarget, first: boolean): PassedSocket | undefined {
    const socket = this.#matching(target) ?? (first ? this.#firstLeft() : undefined);
    if (socket !== undefined) this.#claimed.add(socket);
    return socket;
  }

  /** Those that no server of the app has ever asked for. */
  get unclaimed(): readonly PassedSocket[] {
    return this.#sockets.filter((socket) => !this.#claimed.has(socket));
  }

  /** Puts the socket's name back if the app removed it. */
  restoreName(socket: PassedSocket): void {
    this.#pipeNames.get(socket)?.restore();
  }

  /** Gives the sockets back: what waits there waits for whoever is started next. */
  close(): void {
    for (const { handle } of this.#sockets) handle.close();
  }

  #matching(target: ListenTarget): PassedSocket | undefined {
    const free = this.#sockets.filter((socket) => socket !== this.#first);
    return (
      free.find(({ name }) => name === (target.kind === "pipe" ? target.path : `${target.port}`)) ??
      free.find(({ address }) => isSame(address, target)) ??
      free.find(({ address }) => overlaps(address, target))
    );
  }

  #firstLeft(): PassedSocket | undefined {
    this.#first ??= this.unclaimed[0];
    return this.#first;
  }
}

function isSame(address: ListenAddress, target: ListenTarget): boolean {
  if (target.kind === "pipe" || typeof address === "string") {
    return target.kind === "pipe" && target.path === address;
  }
  return address.port === target.port && address.address === target.host;
}

/** One of the two is every address of this host: nobody else could have the other. */
function overlaps(address: ListenAddress, target: ListenTarget): boolean {
  if (target.kind === "pipe" || typeof address === "string") return false;
  const isAny = ANY_HOST.includes(target.host) || ANY_HOST.includes(address.address);
  return address.port === target.port && isAny;
}
