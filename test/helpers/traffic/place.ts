/** Traffic, pure: the host in the name of a worker, where there are several. */

/** @param worker `h1/0.1.4711`, or `0.1.4711` on the only host, whose name is empty; whatever follows a space is not looked at */
export function placeOf(worker: string): string {
  return /^([^ /]+)\//.exec(worker)?.[1] ?? "";
}
