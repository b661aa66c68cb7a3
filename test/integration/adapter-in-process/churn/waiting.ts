/** Waits of the churn test, which name what did not come. */

/** Far beyond what anything here takes. Milliseconds. */
export const PATIENCE = 10_000;

/** Turns of the event loop. */
export async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** @throws when the state is not there in time */
export async function eventually(what: string, state: () => boolean): Promise<void> {
  const deadline = performance.now() + PATIENCE;
  while (!state()) {
    if (performance.now() > deadline) throw new Error(`not within ${PATIENCE} ms: ${what}`);
    await turns(1);
  }
}
