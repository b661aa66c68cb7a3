/** Proxy: which words an nginx of some version knows. Pure. */

export type NginxWords = {
  /** `http2 on;` (1.25.1), before that a word behind `listen`. */
  readonly http2Directive: boolean;
  /** Connections to upstreams are kept, over HTTP/1.1, without being asked for (1.29.7). */
  readonly keepsConnections: boolean;
};

const HTTP2_DIRECTIVE = [1, 25, 1];
const KEEPS_CONNECTIONS = [1, 29, 7];
/** `keepalive_timeout` for upstreams. */
const OLDEST = [1, 15, 3];

/** @returns the numbers of `1.26.3`, or undefined for text that is no version, or one too old for what is written */
export function parseNginxVersion(text: string): number[] | undefined {
  const match = /^(\d{1,4})\.(\d{1,4})\.(\d{1,4})$/.exec(text);
  const numbers = match?.slice(1).map(Number);
  return numbers !== undefined && isFrom(OLDEST, numbers) ? numbers : undefined;
}

/** Without a version: the words that all of them understand. */
export function wordsOf(version: string | undefined): NginxWords {
  const numbers = version === undefined ? undefined : parseNginxVersion(version);
  return {
    http2Directive: numbers !== undefined && isFrom(HTTP2_DIRECTIVE, numbers),
    keepsConnections: numbers !== undefined && isFrom(KEEPS_CONNECTIONS, numbers),
  };
}

function isFrom(first: readonly number[], version: readonly number[]): boolean {
  const index = first.findIndex((number, at) => number !== version[at]);
  return index === -1 || (version[index] ?? 0) > (first[index] ?? 0);
}
