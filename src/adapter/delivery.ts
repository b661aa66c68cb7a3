/** Adapter, in a worker: writes packets to this worker's own sockets. What came from the bus is written here and goes no further. */

import type { Adapter, BroadcastOptions } from "socket.io-adapter";
import {
  addFrame,
  decodePackets,
  type EncodedPackets,
  encodePacket,
  hasOutgoingListeners,
  type LocalSocket,
  namespaceOf,
  notifyOutgoing,
  type Packet,
  type WriteOptions,
  writePackets,
} from "./internals.js";

/** A packet in the form in which it goes to clients, and the way to its content for `onAnyOutgoing` listeners. */
export type Parcel = {
  readonly packets: EncodedPackets;
  readonly options: WriteOptions;
  /** undefined where the content cannot be read */
  readonly content: () => Packet | undefined;
};

type Flags = BroadcastOptions["flags"];

/** From the app of this worker. @throws whatever the encoder throws, as with any adapter */
export function parcelOf(adapter: Adapter, packet: Packet, flags: Flags): Parcel {
  const options = writeOptions(flags);
  packet.nsp = namespaceOf(adapter).name;
  return { packets: encodePacket(adapter, packet, options), options, content: () => packet };
}

/** From another worker. @param unreadable called when a listener asks for content that this worker's parser cannot read */
export function parcelFrom(
  adapter: Adapter,
  packets: EncodedPackets,
  flags: Flags,
  unreadable: () => void,
): Parcel {
  const options = writeOptions(flags);
  addFrame(packets, options);
  return { packets, options, content: once(() => readContent(adapter, packets, unreadable)) };
}

/** Writes to one socket, as Socket.IO's own adapter does. */
export function deliver(socket: LocalSocket, { packets, options, content }: Parcel): void {
  if (hasOutgoingListeners(socket)) {
    const packet = content();
    if (packet !== undefined) notifyOutgoing(socket, packet);
  }
  writePackets(socket, packets, options);
}

function writeOptions(flags: Flags): WriteOptions {
  return { preEncoded: true, volatile: flags?.volatile, compress: flags?.compress };
}

function readContent(adapter: Adapter, packets: EncodedPackets, unreadable: () => void): Packet | undefined {
  try {
    return decodePackets(adapter, packets);
  } catch {
    unreadable();
    return undefined;
  }
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
