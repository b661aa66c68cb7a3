/** Routing: highest-random-weight hashing (Thaler and Ravishankar, 1998). Pure. */

/** @param slots not empty @returns the slot with the highest weight for this key */
export function rendezvous(key: string, slots: readonly number[]): number {
  let best = slots[0] as number;
  let bestWeight = -1;
  const seed = fnv1a(key);
  for (const slot of slots) {
    const weight = mix(seed ^ Math.imul(slot + 1, 0x9e3779b1));
    if (weight > bestWeight || (weight === bestWeight && slot < best)) {
      best = slot;
      bestWeight = weight;
    }
  }
  return best;
}

/** 32-bit FNV-1a over UTF-16 units. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}

/** Finalizer of MurmurHash3: spreads each input bit over all output bits. */
function mix(value: number): number {
  let hash = value >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
