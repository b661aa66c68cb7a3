/** Load client, thread: a promise with a deadline. Whatever is not answered in time is a failure. */

/** How long the client waits for any answer before it counts a failure. Milliseconds. */
export const ANSWER_DEADLINE = 5_000;

export type Expectation<T> = {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
};

/** @param what names the answer in the time-out's error, as in `no answer to the echo within 5000 ms` */
export function expectation<T>(what: string, deadline = ANSWER_DEADLINE): Expectation<T> {
  let settle: Pick<Expectation<T>, "resolve" | "reject"> | undefined;
  const promise = new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${what} within ${deadline} ms`)), deadline);
    const settled =
      <V>(then: (value: V) => void) =>
      (value: V): void => {
        clearTimeout(timer);
        then(value);
      };
    settle = { resolve: settled(resolve), reject: settled(reject) };
  });
  // A session may fail while nobody waits for this answer; the failure itself is reported elsewhere.
  promise.catch(() => undefined);
  if (settle === undefined) throw new Error("a promise runs its executor at once");
  return { promise, ...settle };
}
