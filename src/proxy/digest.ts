/** Proxy: a short name for a text, to see that it changed; no secret. FNV-1a of 32 bits, over UTF-16 units. Pure. */

export function digest(text: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}
