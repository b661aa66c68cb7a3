/** Builds elements. Text goes in as text nodes only, so that nothing a person types can become markup. */

/**
 * @param {string} tag
 * @param {Record<string, string>} attributes
 * @param {...(Node | string)} children
 */
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/** The element with this id; the page has them all. */
export const byId = (id) => document.getElementById(id);

/** "Ada", "Ada and Theo", "Ada, Theo and 3 more" */
export function listNames(names, most = 3) {
  const shown =
    names.length > most ? [...names.slice(0, most - 1), `${names.length - most + 1} more`] : names;
  return new Intl.ListFormat("en", { type: "conjunction" }).format(shown).replace(", and", " and");
}

export const plural = (count, one, many) => `${count} ${count === 1 ? one : many}`;
