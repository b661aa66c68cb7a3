/** Bus benchmark: lists whose length is known. Pure. */

/** @throws when the list has no such place */
export function at<T>(list: readonly T[], place: number): T {
  const found = list[place];
  if (found === undefined) throw new Error(`there are ${list.length}, and number ${place} is wanted`);
  return found;
}
