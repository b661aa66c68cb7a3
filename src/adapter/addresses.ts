/** Adapter: names a namespace on the bus, the same in every worker, though one process may have several Socket.IO servers. Pure. */

type Known = { readonly path: string; readonly ordinal: number; readonly addresses: Set<string> };

/**
 * The first server on a path has ordinal 0, a second one on the same path (of another port) 1, and so on: the same app makes them
 * in the same order in every worker. Servers never hear each other, as in a single process.
 */
export class AddressBook {
  readonly #servers = new Map<object, Known>();

  /** Takes an address into use. */
  take(server: { path(): string }, namespace: string): string {
    const known = this.#servers.get(server) ?? this.#add(server);
    const address = addressOf(known, namespace);
    known.addresses.add(address);
    return address;
  }

  /** A server without addresses is forgotten, and its ordinal is free. */
  release(server: object, address: string): void {
    const known = this.#servers.get(server);
    known?.addresses.delete(address);
    if (known?.addresses.size === 0) this.#servers.delete(server);
  }

  #add(server: { path(): string }): Known {
    const path = server.path();
    const taken = new Set<number>();
    for (const known of this.#servers.values()) if (known.path === path) taken.add(known.ordinal);
    let ordinal = 0;
    while (taken.has(ordinal)) ordinal += 1;
    const known = { path, ordinal, addresses: new Set<string>() };
    this.#servers.set(server, known);
    return known;
  }
}

/** The usual server's are short. A client may choose the name of a dynamic namespace: no name may reach another server's. */
function addressOf({ path, ordinal }: Known, namespace: string): string {
  if (ordinal === 0 && path === "/socket.io" && namespace.startsWith("/")) return namespace;
  return `${ordinal}:${path}\n${namespace}`;
}
