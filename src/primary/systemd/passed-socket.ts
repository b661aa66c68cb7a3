/**
 * Primary: one socket that systemd opened and passed to this process. It is shared with the workers like one of our own; it is never
 * unlinked, and systemd keeps it open when we close our copy.
 */

import { readFileSync, readlinkSync } from "node:fs";
import { codeOf, UsageError } from "../../base/errors.js";
import type { ListenAddress } from "../../protocol/messages.js";
import { type ListenHandle, openPassed } from "../internals/listen-handle.js";
import { findUnixSocket, tcpSocketListens } from "./socket-tables.js";

export type PassedSocket = {
  readonly fd: number;
  /** `FileDescriptorName=` of the socket unit; else the unit's own name. */
  readonly name: string;
  readonly handle: ListenHandle;
  /** A Unix socket of another network namespace has no path here; its name stands for it. */
  readonly address: ListenAddress;
};

/** The first descriptor that is passed; sd_listen_fds(3). */
const FIRST_FD = 3;

/** @throws {UsageError} ERR_LISTEN_FDS for a descriptor that is no listening stream socket */
export function openPassedSockets(names: readonly string[]): PassedSocket[] {
  return names.map((name, index) => open(FIRST_FD + index, name));
}

function open(fd: number, name: string): PassedSocket {
  const inode = inodeOf(fd, name);
  const unix = findUnixSocket(tableOf("unix"), inode);
  const tcp = tcpSocketListens(tableOf("tcp"), inode) ?? tcpSocketListens(tableOf("tcp6"), inode);
  if (unix?.isStream === false) throw refusal(fd, name, "is a Unix socket of another kind than stream");
  if (unix?.listens === false || tcp === false) throw refusal(fd, name, "is a socket that does not listen");
  const handle = openPassed(fd);
  if (handle === undefined) throw refusal(fd, name, "is no stream socket");
  if (handle.getsockname === undefined) return { fd, name, handle, address: unix?.path ?? name };
  const address = { address: "", family: "", port: 0 };
  const isBound = handle.getsockname(address) === 0 && address.port !== 0;
  if (!isBound || handle.getpeername?.({}) === 0)
    throw refusal(fd, name, "is a TCP socket that does not listen");
  return { fd, name, handle, address };
}

function inodeOf(fd: number, name: string): string {
  try {
    const target = readlinkSync(`/proc/self/fd/${fd}`);
    const [, inode] = /^socket:\[(\d+)\]$/.exec(target) ?? [];
    if (inode !== undefined) return inode;
    throw refusal(fd, name, `is no socket but ${target}`);
  } catch (error) {
    if (codeOf(error) === "ENOENT") throw refusal(fd, name, "is not open");
    throw error;
  }
}

function tableOf(file: string): string {
  try {
    return readFileSync(`/proc/self/net/${file}`, "utf8");
  } catch {
    // No such family on this machine.
    return "";
  }
}

function refusal(fd: number, name: string, what: string): UsageError {
  return new UsageError(
    "ERR_LISTEN_FDS",
    `The descriptor ${fd} ("${name}") that was passed with LISTEN_FDS ${what}. Holdfast takes listening stream sockets only: write ListenStream= and Accept=no in the socket unit, and nothing else there.`,
  );
}
