/** Who this window is: a secret key for as long as the window lives, and the name that was used last. */

export function randomKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Two windows are two people, so the key is not shared between them. */
export const key = remembered(() => sessionStorage, "tideline-key", randomKey);

export const lastName = () =>
  remembered(
    () => localStorage,
    "tideline-name",
    () => "",
  );

export function rememberName(name) {
  try {
    localStorage.setItem("tideline-name", name);
  } catch {
    // Storage is switched off: the name is asked for again next time.
  }
}

function remembered(storage, item, otherwise) {
  try {
    const value = storage().getItem(item) ?? otherwise();
    storage().setItem(item, value);
    return value;
  } catch {
    return otherwise();
  }
}
