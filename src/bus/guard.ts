/** Bus: calls into the app from where a throw would break something of ours. */

/** What `call` throws surfaces as the uncaught exception that it is, after the caller has finished. */
export function guard(call: () => void): void {
  try {
    call();
  } catch (error) {
    process.nextTick(() => {
      throw error;
    });
  }
}
