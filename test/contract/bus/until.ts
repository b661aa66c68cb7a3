/** Contract: how the suite waits. */

let round = 0;

/** Whoever still waits gives up: its test is over. */
export function stopWaiting(): void {
  round += 1;
}

/** Awaits a state; the test's own time limit is the end of patience. */
export async function until(state: () => boolean): Promise<void> {
  const started = round;
  while (!state()) {
    if (started !== round) throw new Error("The test was over before this came true.");
    await turn();
  }
}

/** Resolves once everybody had a turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
