/** Contract: how the suite waits. */

let round = 0;

/** Whoever still waits gives up: its test is over. */
export function stopWaiting(): void {
  round += 1;
}

/** Awaits a state; the test's own time limit is the end of patience. */
export async function until(state: () => boolean): Promise<void> {
  const started = round;
  for (let turns = 0; !state(); turns++) {
    if (started !== round) throw new Error("The test was over before this came true.");
    // What does not come about at once is waited for without a burning core.
    if (turns < 1000) await turn();
    else await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Acts once a turn until a state has come. */
export function actUntil(act: () => void, state: () => boolean): Promise<void> {
  return until(() => {
    if (state()) return true;
    act();
    return false;
  });
}

/** Resolves once everybody had a turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
