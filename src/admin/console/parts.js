/** Pieces that several pages show. */
import { h } from "./dom.js";
import { outcomeWord } from "./format.js";

/** @typedef {import("./dom.js").Child} Child */

/** @type {Readonly<Record<string, string>>} */
const tones = {
  success: "good",
  error: "bad",
  cut: "bad",
  aborted: "calm",
  healthy: "good",
  degraded: "warn",
  unhealthy: "bad",
  open: "bad",
  "half-open": "warn",
};

/**
 * @param {string} word
 * @returns {string} The tone of a status word.
 */
export function toneOf(word) {
  return tones[word] ?? "calm";
}

/**
 * A word with a mark of its own shape: colour alone tells nobody enough.
 *
 * @param {string} tone
 * @param {Child} text
 */
export function chip(tone, text) {
  return h("span", { class: `chip ${tone}` }, text);
}

/** @param {{ readonly outcome: string, readonly status: number, readonly errorCode?: string | null }} call */
export function outcomeChip({ outcome, status, errorCode }) {
  const word = outcomeWord(outcome);
  const isTelling = outcome === "error" && status >= 400;
  return h(
    "span",
    { class: `chip ${toneOf(outcome)}`, title: errorCode ?? `HTTP ${status}` },
    isTelling ? `${word} ${status}` : word,
  );
}

/**
 * A titled part of a page.
 *
 * @param {string} title
 * @param {{ readonly note?: Child, readonly tools?: Child }} more
 * @param {readonly Child[]} children
 */
export function panel(title, more, ...children) {
  return h(
    "section",
    { class: "panel", key: title },
    h("header", {}, h("h2", {}, title), more.note ? h("p", { class: "note" }, more.note) : null, more.tools),
    children,
  );
}

/** @param {Child} text */
export function empty(text) {
  return h("p", { class: "empty" }, text);
}

/**
 * Names and values, one under the other; those without a value are left out.
 *
 * @param {readonly (readonly [string, Child])[]} rows
 */
export function facts(rows) {
  return h(
    "dl",
    { class: "facts" },
    rows.map(([name, value]) => (value === null || value === "" ? null : [h("dt", {}, name), h("dd", {}, value)])),
  );
}

/**
 * A figure with its name above and what it means below.
 *
 * @param {string} name
 * @param {string} value
 * @param {string} note
 * @param {Child} [picture]
 * @param {string} [tone]
 */
export function figure(name, value, note, picture = null, tone = "") {
  return h(
    "section",
    { class: `figure ${tone}`, key: name },
    h("h2", {}, name),
    h("p", { class: "value" }, value),
    h("p", { class: "note" }, note),
    picture,
  );
}

/**
 * The heads of a table's columns.
 *
 * @param {readonly string[]} names
 */
export function tableHead(names) {
  return h(
    "thead",
    {},
    h(
      "tr",
      {},
      names.map((name) => h("th", { scope: "col" }, name)),
    ),
  );
}

/**
 * A choice of a few: buttons of which one is pressed.
 *
 * @param {string} label
 * @param {string} name The part of the address that it sets.
 * @param {string} current
 * @param {readonly (readonly [string, string])[]} options Value and words.
 */
export function choice(label, name, current, options) {
  return h(
    "div",
    { class: "choice", role: "group", "aria-label": label },
    options.map(([value, words]) =>
      h(
        "button",
        {
          type: "button",
          key: value,
          "data-action": "choose",
          "data-name": name,
          "data-value": value,
          "aria-pressed": String(value === current),
        },
        words,
      ),
    ),
  );
}
