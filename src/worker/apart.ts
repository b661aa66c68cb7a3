/** Worker: servers that Holdfast makes for itself with the app's classes. They are none of the app's: nobody adopts them or joins them to others. */

let building = false;

/** @param build makes them in this turn */
export function buildApart<T>(build: () => T): T {
  building = true;
  try {
    return build();
  } finally {
    building = false;
  }
}

/** Whether what is being made is made by {@link buildApart}. */
export const isBuiltApart = (): boolean => building;
