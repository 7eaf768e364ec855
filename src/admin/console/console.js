/**
 * The console: which page shows, what it shows of the router, and what the user's clicks do.
 *
 * It reads every two seconds while somebody looks at it, less often where that takes long. A page is two functions: `load`
 * reads its data, `view` makes elements of them.
 */
import { ApiError, change, currentKey, read, useKey } from "./api.js";
import * as callDetails from "./call-details.js";
import * as calls from "./calls.js";
import * as configuration from "./configuration.js";
import * as costs from "./costs.js";
import { h, show } from "./dom.js";
import * as overview from "./overview.js";
import { addressOf, readRoute } from "./route.js";
import { applyFilters, followTyping, syncFilters } from "./filters.js";
import { failureView, keyForm, stateView, tabsView, titleOf } from "./frame.js";

/**
 * @typedef {import("../console-overview.ts").Overview} Overview
 * @typedef {import("../calls.ts").CallDetail} CallDetail
 * @typedef {import("./route.js").Route} Route
 * @typedef {{ overview: Overview, route: Route, reload: configuration.ReloadResult | null }} Context
 * @typedef {{ load: (route: Route, overview: Overview) => Promise<any>, view: (data: any, context: Context) => import("./dom.js").Child }} Page
 */

const refreshMs = 2_000;
/** Of the time: a ledger of many calls takes longer to sum, and a page that is left open must not keep the router busy. */
const readingShare = 0.1;
const longestRestMs = 8_000;
/** A reading that takes longer is told: until it fails, what shows would look like news. */
const slowMs = 5_000;

/** @type {Readonly<Record<string, Page>>} */
const pages = { calls, costs, configuration };
/** @type {Page} */
const firstPage = overview;

/** @type {(id: string) => HTMLElement} */
const element = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
const main = element("main");
const dialog = /** @type {HTMLDialogElement} */ (element("details"));

let route = readRoute();
let isPaused = false;
/** @type {number | undefined} */
let timer;
/** @type {number | undefined} */
let detailsTimer;
/** Counts readings, so that an answer that comes too late is dropped. */
let reading = 0;
/** @type {{ page: string, data: unknown, overview: Overview } | null} */
let shown = null;
/** @type {configuration.ReloadResult | null} */
let reload = null;
/** @type {string | null} Why what shows is old; null while the router answers. */
let problem = null;

/** Reads what the page needs and shows it; comes again by itself while the page is visible. */
async function refresh() {
  clearTimeout(timer);
  const own = ++reading;
  const { page } = route;
  const startedMs = performance.now();
  const asked = pages[page] ?? firstPage;
  const slow = setTimeout(() => own === reading && tellProblem("not answering"), slowMs);
  try {
    const pulse = shown?.overview ?? (await readOverview());
    const [data, next] = await Promise.all([asked.load(route, pulse), shown === null ? pulse : readOverview()]);
    if (own !== reading) return;
    shown = { page, data, overview: next };
    render();
  } catch (error) {
    if (own !== reading) return;
    fail(error instanceof ApiError ? error : new ApiError("failed", String(error)));
  } finally {
    clearTimeout(slow);
  }
  // What the first page waits for is a database that hangs: then it is looked at most.
  const isDear = asked !== firstPage && problem === null;
  const restMs = isDear ? (performance.now() - startedMs) / readingShare : 0;
  schedule(Math.min(Math.max(refreshMs, restMs), longestRestMs));
}

/** @returns {Promise<Overview>} */
function readOverview() {
  return read("/api/overview");
}

/** @param {number} restMs */
function schedule(restMs) {
  clearTimeout(timer);
  const isAsking = document.getElementById("gate") !== null;
  if (isPaused || document.hidden || isAsking) return;
  timer = window.setTimeout(() => void refresh(), restMs);
}

function render() {
  if (shown === null || shown.page !== route.page) return;
  const page = pages[shown.page] ?? firstPage;
  document.body.classList.remove("locked");
  show(
    main,
    h(
      "div",
      { class: `page page-${shown.page}`, key: shown.page },
      page.view(shown.data, { overview: shown.overview, route, reload }),
    ),
  );
  tellProblem(null);
}

function showFrame() {
  document.title = titleOf(route.page);
  show(element("tabs"), tabsView(route.page));
  show(element("state"), stateView(shown?.overview ?? null, { isPaused, problem, hasKey: currentKey() !== "" }));
}

/** @param {ApiError} error */
function fail(error) {
  if (error.kind === "needs-key" || error.kind === "refused") {
    shown = null;
    const wasTried = currentKey() !== "";
    useKey("");
    dialog.close();
    document.body.classList.add("locked");
    const isNew = document.getElementById("gate") === null;
    show(main, keyForm(error, wasTried));
    if (isNew) main.querySelector("input")?.focus();
  } else if (shown === null || shown.page !== route.page) {
    // Not for want of a key: other pages may have something to show.
    document.body.classList.remove("locked");
    show(main, failureView(error.message));
  }
  tellProblem(isLocked() ? null : error.kind === "unreachable" ? "not reachable" : error.message);
}

/** Whether the key is asked for first. */
function isLocked() {
  return document.body.classList.contains("locked");
}

/**
 * What was read last stays, and says that it is old.
 *
 * @param {string | null} words
 */
function tellProblem(words) {
  problem = words;
  document.body.classList.toggle("stale", words !== null);
  showFrame();
}

/** @param {string} text */
function notify(text) {
  const notice = element("notice");
  show(notice, h("p", { key: String(Date.now()) }, text));
  setTimeout(() => show(notice), 5_000);
}

async function showDetails() {
  clearTimeout(detailsTimer);
  const { id } = route;
  if (id === null || route.page !== "calls") {
    if (dialog.open) dialog.close();
    return;
  }
  if (isLocked()) return;
  show(dialog, callDetails.view(null, null));
  if (!dialog.open) dialog.showModal();
  await readDetails(id);
}

/**
 * Reads a call and shows it, if it is still the one asked for; what failed is said, and tried again.
 *
 * @param {string} id
 */
async function readDetails(id) {
  try {
    /** @type {CallDetail} */
    const detail = await read(`/api/calls/${encodeURIComponent(id)}`);
    if (route.id === id) show(dialog, callDetails.view(detail, null));
  } catch (error) {
    if (error instanceof ApiError && error.kind === "needs-key") return fail(error);
    if (route.id !== id) return;
    show(dialog, callDetails.view(null, error instanceof Error ? error.message : String(error)));
    detailsTimer = window.setTimeout(() => void readDetails(id), refreshMs);
  }
}

/** @type {Readonly<Record<string, (target: HTMLElement) => void | Promise<void>>>} */
const actions = {
  pause() {
    isPaused = !isPaused;
    showFrame();
    if (isPaused) clearTimeout(timer);
    else void refresh();
  },
  retry: () => refresh(),
  "forget-key"() {
    useKey("");
    shown = null;
    void refresh();
  },
  choose({ dataset }) {
    const query = new URLSearchParams(route.query);
    query.set(dataset["name"] ?? "", dataset["value"] ?? "");
    location.hash = addressOf({ ...route, query });
  },
  async "reset-breaker"({ dataset }) {
    const name = dataset["name"] ?? "";
    await change(`/debug/circuit-breakers/${encodeURIComponent(name)}/reset`);
    notify(`The breaker of ${name} is closed again.`);
    await refresh();
  },
  async reload() {
    /** @type {Omit<configuration.ReloadResult, "atMs">} */
    const result = await change("/api/reload");
    reload = { ...result, atMs: Date.now() };
    await refresh();
  },
  "close-details": leaveDetails,
};

document.addEventListener("click", (event) => {
  if (!(event.target instanceof Element)) return;
  if (event.target.closest("a.skip") !== null) {
    // Followed as a link it would be taken for a page's address.
    event.preventDefault();
    main.focus();
    return;
  }
  const button = event.target.closest("button[data-action]");
  const row = event.target.closest("tr[data-href]");
  if (button instanceof HTMLButtonElement) {
    const action = actions[button.dataset["action"] ?? ""];
    if (action === undefined) return;
    button.disabled = true;
    void Promise.resolve(action(button))
      .catch((/** @type {Error} */ error) => notify(error.message))
      .finally(() => (button.disabled = false));
  } else if (row instanceof HTMLElement && event.target.closest("a") === null && String(getSelection()) === "") {
    location.hash = row.dataset["href"] ?? "";
  }
});

document.addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.target;
  if (!(form instanceof HTMLFormElement)) return;
  if (form.dataset["action"] === "filter") applyFilters(form);
  if (form.dataset["action"] !== "sign-in") return;
  const key = new FormData(form).get("key");
  if (typeof key !== "string" || key.trim() === "") return;
  useKey(key.trim());
  form.reset();
  void refresh().then(showDetails);
});

/** The address goes first and the panel follows: a link to the same call that is followed at once opens it again. */
function leaveDetails() {
  if (route.page === "calls" && route.id !== null) location.hash = addressOf({ ...route, id: null });
}

dialog.addEventListener("cancel", (event) => {
  event.preventDefault();
  leaveDetails();
});

// Closed by the browser without asking. While the key is asked for, the address goes on naming the call.
dialog.addEventListener("close", () => {
  if (!isLocked()) leaveDetails();
});

// A click beside the panel closes it.
dialog.addEventListener("click", (event) => {
  if (event.target === dialog) leaveDetails();
});

addEventListener("hashchange", () => {
  const old = route;
  route = readRoute();
  showFrame();
  void showDetails();
  const isSame = old.page === route.page && old.query.toString() === route.query.toString();
  if (isSame) return;
  // Another page, or other calls.
  if (old.page !== route.page || old.query.get("cursor") !== route.query.get("cursor")) scrollTo(0, 0);
  void refresh().then(() => syncFilters(route.query));
});

document.addEventListener("visibilitychange", () => {
  if (document.hidden) clearTimeout(timer);
  else if (!isPaused) void refresh();
});

followTyping();
showFrame();
void refresh().then(showDetails);
