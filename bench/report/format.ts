/** Report: numbers as text. Pure. */

export function decimal(value: number): string {
  return value.toFixed(2);
}

/** 1,234 or 12.3: three digits that mean something. */
export function rounded(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString("en-US") : value.toPrecision(3);
}

export function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`;
}

export function signedBytes(bytes: number): string {
  return `${bytes < 0 ? "−" : "+"}${(Math.abs(bytes) / 1000).toFixed(2)} kB`;
}
