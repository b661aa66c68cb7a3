/** Bridge: two connections become one. */

import type { Duplex } from "node:stream";

/** Pipes both ways; each waits for the other where it does not keep up. Both end when one does. */
export function join(outer: Duplex, inner: Duplex, closed: () => void): void {
  let open = true;
  const close = (): void => {
    if (!open) return;
    open = false;
    outer.destroy();
    inner.destroy();
    closed();
  };
  for (const [from, to] of [
    [outer, inner],
    [inner, outer],
  ] as const) {
    from.on("error", close);
    from.on("close", close);
    from.pipe(to);
  }
  if (outer.destroyed || inner.destroyed) close();
}
