/**
 * Elements out of values, and new views into old ones without flicker.
 *
 * Data enters the page here alone, as text or as an attribute: there is no way to markup.
 */

/** @typedef {Node | string | number | null | undefined | false | readonly Child[]} Child */
/** @typedef {Record<string, string | number | boolean | null | undefined>} Attributes */

const svgNames = new Set(["svg", "path", "rect", "line", "circle", "title"]);

/**
 * An element. `key` tells siblings apart, so that one keeps its place and focus when others come and go.
 *
 * @param {string} name
 * @param {Attributes} [attributes]
 * @param {readonly Child[]} children
 * @returns {HTMLElement}
 */
export function h(name, attributes = {}, ...children) {
  const element = svgNames.has(name)
    ? document.createElementNS("http://www.w3.org/2000/svg", name)
    : document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    const text = value === true ? "" : String(value);
    element.setAttribute(attribute === "key" ? "data-key" : attribute, isRead(attribute) ? visible(text) : text);
  }
  append(element, children);
  return /** @type {HTMLElement} */ (element);
}

/**
 * @param {Element} parent
 * @param {readonly Child[]} children
 */
function append(parent, children) {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    if (child instanceof Node) parent.append(child);
    else if (typeof child === "object") append(parent, child);
    else parent.append(visible(String(child)));
  }
}

/**
 * Whether people are shown an attribute; the rest is handed back as it came.
 *
 * @param {string} attribute
 */
function isRead(attribute) {
  return attribute === "title" || attribute === "aria-label";
}

/** Those of terminals, those that turn text around, and blanks of no width: two names that look alike may differ by one. */
const controls = /(?![\t\n\r])\p{Cc}|[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu;

/**
 * Names come from clients: none may look like another.
 *
 * @param {string} text
 */
function visible(text) {
  return text.replace(controls, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/**
 * Makes the content of `parent` what `children` say, keeping every node that can stay.
 *
 * @param {Element} parent
 * @param {readonly Child[]} children
 */
export function show(parent, ...children) {
  const next = document.createElement("div");
  append(next, children);
  morphChildren(parent, next);
}

/**
 * @param {Element} from
 * @param {Element} to
 */
function morph(from, to) {
  // Copies: these lists change under the loops.
  const names = Array.from(from.attributes, ({ name }) => name);
  for (const name of names) {
    // What the user opened stays open.
    if (!to.hasAttribute(name) && name !== "open") from.removeAttribute(name);
  }
  for (const { name, value } of to.attributes) if (from.getAttribute(name) !== value) from.setAttribute(name, value);
  morphChildren(from, to);
}

/**
 * @param {Element} from
 * @param {Element} to
 */
function morphChildren(from, to) {
  /** @type {Map<string, ChildNode>} */
  const keyed = new Map();
  for (const child of from.childNodes) {
    const key = keyOf(child);
    if (key !== null) keyed.set(key, child);
  }
  const children = Array.from(to.childNodes);
  const wanted = new Set(children.map(keyOf));
  let cursor = from.firstChild;
  for (const next of children) {
    // Keyed nodes that are gone must not stand between those that stay: moving a node takes its focus.
    while (cursor !== null && keyOf(cursor) !== null && !wanted.has(keyOf(cursor))) {
      const gone = cursor;
      cursor = cursor.nextSibling;
      gone.remove();
    }
    const key = keyOf(next);
    const match = key === null ? (cursor !== null && keyOf(cursor) === null ? cursor : null) : (keyed.get(key) ?? null);
    if (match === null || match.nodeName !== next.nodeName) {
      from.insertBefore(next, cursor);
      continue;
    }
    if (match === cursor) cursor = cursor.nextSibling;
    else from.insertBefore(match, cursor);
    if (match instanceof Element && next instanceof Element) morph(match, next);
    else if (match.nodeValue !== next.nodeValue) match.nodeValue = next.nodeValue;
  }
  while (cursor !== null) {
    const gone = cursor;
    cursor = cursor.nextSibling;
    gone.remove();
  }
}

/**
 * @param {Node} node
 * @returns {string | null}
 */
function keyOf(node) {
  return node instanceof Element ? node.getAttribute("data-key") : null;
}
