/** Making and finding elements. Texts are set as texts: what comes from a peer is never HTML. */

/**
 * @param {string} selector
 * @returns {any} the element of the page, which is there
 */
export const $ = (selector) => document.querySelector(selector);

/**
 * @param {string} tag with classes: "span.number"
 * @param {Record<string, unknown>} properties of the element; those with "-" and "role" are attributes; "on..." listeners
 * @param {...(Node | string)} children
 */
export function h(tag, properties = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElement(name);
  if (classes.length > 0) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(properties)) {
    if (key.includes("-") || key === "role") element.setAttribute(key, String(value));
    else element[key] = value;
  }
  element.append(...children);
  return element;
}

/** Only if it is another: what is as it was need not be laid out again. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** A list of terms and what they are; what is not known is left out. */
export function terms(entries) {
  const list = h("dl");
  for (const [term, value] of entries) {
    if (value === null || value === undefined || value === "") continue;
    const content = value instanceof Node ? value : String(value);
    list.append(h("dt", {}, term), h("dd", {}, content));
  }
  return list;
}
