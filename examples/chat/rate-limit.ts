/** A bucket of tokens: so many at once, then so many a second. */

/** @returns a function that takes a token, and says whether there was one */
export function rateLimit(limits: { burst: number; perSecond: number }): () => boolean {
  let tokens = limits.burst;
  let filled = performance.now();
  return () => {
    const now = performance.now();
    tokens = Math.min(limits.burst, tokens + ((now - filled) / 1000) * limits.perSecond);
    filled = now;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
}
