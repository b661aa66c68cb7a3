/** Worker: calls the app in the middle of a handoff: what it throws is an uncaught exception, as it always is, and no business of ours. */

export function callApp(call: () => void): void {
  try {
    call();
  } catch (error) {
    process.nextTick(() => {
      throw error;
    });
  }
}
