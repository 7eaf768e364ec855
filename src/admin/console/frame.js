/** What stands around every page: tabs, the state of the connection, the form for the key. */
import { h } from "./dom.js";
import { clock, zoneAt } from "./format.js";
import { chip, toneOf } from "./parts.js";

/**
 * @typedef {import("../console-overview.ts").Overview} Overview
 * @typedef {import("./dom.js").Child} Child
 */

/** @type {readonly (readonly [string, string])[]} */
const tabs = [
  ["overview", "Overview"],
  ["calls", "Calls"],
  ["costs", "Costs"],
  ["configuration", "Configuration"],
];

/** @param {string} current */
export function tabsView(current) {
  return tabs.map(([page, name]) =>
    h("a", { href: `#/${page}`, key: page, "aria-current": page === current ? "page" : null }, name),
  );
}

/**
 * @param {string} current
 * @returns {string} What the browser's tab and history say.
 */
export function titleOf(current) {
  const name = tabs.find(([page]) => page === current)?.[1] ?? "";
  return `${name} · Claude Code Router`;
}

/**
 * @param {Overview | null} overview
 * @param {{ readonly isPaused: boolean, readonly problem: string | null, readonly hasKey: boolean }} state
 * @returns {Child}
 */
export function stateView(overview, { isPaused, problem, hasKey }) {
  return [
    problem === null
      ? overview === null
        ? null
        : h("span", { class: "health", key: "health" }, chip(toneOf(overview.health.status), overview.health.status))
      : h(
          "span",
          { class: "health", key: "problem", role: "alert" },
          chip("bad", isPaused ? problem : `${problem}, trying again`),
        ),
    overview === null
      ? null
      : h(
          "button",
          { type: "button", key: "pause", class: "live", "data-action": "pause", "aria-pressed": String(isPaused) },
          h("span", { class: isPaused || problem !== null ? "dot still" : "dot", "aria-hidden": "true" }),
          isPaused ? "Paused" : "Live",
          h(
            "time",
            {},
            clock(overview.nowMs, overview.nowMs),
            h("span", { class: "zone" }, ` ${zoneAt(overview.nowMs)}`),
          ),
        ),
    hasKey
      ? h("button", { type: "button", key: "forget", class: "quiet-button", "data-action": "forget-key" }, "Sign out")
      : null,
  ];
}

/**
 * Asks for the key; where none would help, it only says why.
 *
 * @param {{ readonly kind: string, readonly message: string }} error
 * @param {boolean} wasTried Whether a key was given and refused.
 */
export function keyForm({ kind, message }, wasTried) {
  if (kind === "refused") {
    const again = h("button", { type: "button", "data-action": "retry" }, "Try again");
    return h(
      "div",
      { class: "gate", id: "gate", key: "refused" },
      h("h1", {}, "Not from here"),
      sentence(message),
      again,
    );
  }
  return h(
    "form",
    { class: "gate", id: "gate", key: "sign-in", "data-action": "sign-in", autocomplete: "off" },
    h("h1", {}, "Operators' key"),
    wasTried
      ? h("p", { class: "problem", role: "alert" }, "That key was not accepted.")
      : h("p", {}, "This router shows its inside to operators only."),
    h(
      "label",
      {},
      "Key",
      h("input", { name: "key", type: "password", required: true, autocomplete: "off", spellcheck: "false" }),
    ),
    h("button", { type: "submit", class: "primary" }, "Open the console"),
    h(
      "p",
      { class: "note" },
      "It stays in this tab until you close it. ",
      h("code", {}, "ccr keys create --admin"),
      " makes one.",
    ),
  );
}

/** @param {string} message */
export function failureView(message) {
  return h(
    "div",
    { class: "gate", key: "failure" },
    h("h1", {}, "Nothing to show"),
    sentence(message),
    sentence("Trying again every two seconds."),
  );
}

/** @param {string} text */
function sentence(text) {
  return h("p", {}, text.charAt(0).toUpperCase() + text.slice(1));
}
