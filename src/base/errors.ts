/** Base: the errors that Holdfast throws or reports. Codes are stable and listed in docs/errors.md. */

export class HoldfastError extends Error {
  readonly code: string;

  /**
   * @param code stable identifier, `ERR_…`
   * @param message what failed, with values; why; what to do
   */
  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "HoldfastError";
    this.code = code;
  }
}

/** A flag, argument, configuration file or value that cannot be used. The CLI prints it without a stack and exits 2. */
export class UsageError extends HoldfastError {
  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(code, message, options);
    this.name = "UsageError";
  }
}

/** The text of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The `code` of a system or Holdfast error, where there is one. */
export function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === "string" ? code : undefined;
}
