/**
 * Primary, pure: what Linux says about sockets in /proc/net, by inode. Node cannot ask a socket whether it listens, nor a Unix
 * socket what it is called. (proc_pid_net(5); flags and states: include/linux/net.h, include/net/tcp_states.h.)
 */

export type UnixSocket = {
  readonly listens: boolean;
  readonly isStream: boolean;
  /** As `connect()` of Node wants it: abstract names begin with a NUL. */
  readonly path: string | undefined;
};

/** SO_ACCEPTCONN among the flags of a Unix socket. */
const ACCEPTS = 0x10000;
const STREAM = 1;
const TCP_LISTEN = "0A";

/** @param table /proc/net/unix @returns undefined for a socket of another network namespace */
export function findUnixSocket(table: string, inode: string): UnixSocket | undefined {
  for (const line of table.split("\n")) {
    // Num: RefCount Protocol Flags Type St Inode Path; a path may have spaces.
    const [, flags, type, found, path] = /^\S+: \S+ \S+ (\S+) (\S+) \S+\s+(\d+)(?: (.*))?$/.exec(line) ?? [];
    if (found !== inode || flags === undefined || type === undefined) continue;
    return {
      listens: (Number.parseInt(flags, 16) & ACCEPTS) !== 0,
      isStream: Number.parseInt(type, 16) === STREAM,
      path: path?.replace(/^@/, "\0"),
    };
  }
  return undefined;
}

/** @param table /proc/net/tcp or tcp6 @returns whether the socket listens; undefined: it is not in the table */
export function tcpSocketListens(table: string, inode: string): boolean | undefined {
  for (const line of table.split("\n")) {
    const fields = line.trim().split(/\s+/);
    if (fields[9] === inode) return fields[3] === TCP_LISTEN;
  }
  return undefined;
}
