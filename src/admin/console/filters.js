/** The filters of a page: their fields and the address say the same. */
import { addressOf, readRoute } from "./route.js";

/** A person who types is not asked for between two letters. */
const typingMs = 300;

/**
 * The address names what the fields hold. Blanks around what was typed came along by mistake; those of a name that a link
 * brought are its own.
 *
 * @param {HTMLFormElement} form
 */
export function applyFilters(form) {
  const { page, query: before } = readRoute();
  const fields = Array.from(new FormData(form));
  const query = new URLSearchParams(before);
  // What is asked for anew begins with its first page.
  for (const name of ["cursor", ...fields.map(([name]) => name)]) query.delete(name);
  for (const [name, value] of fields) {
    if (typeof value !== "string") continue;
    const wanted = value === before.get(name) ? value : value.trim();
    if (wanted !== "") query.set(name, wanted);
  }
  location.replace(addressOf({ page, id: null, query }));
}

/**
 * What the address says stands in the fields, except where the user is typing.
 *
 * @param {URLSearchParams} query
 */
export function syncFilters(query) {
  for (const field of document.querySelectorAll(".filters [name]")) {
    if (!(field instanceof HTMLInputElement || field instanceof HTMLSelectElement)) continue;
    if (field !== document.activeElement) field.value = query.get(field.name) ?? "";
  }
}

/** Filters follow what is typed, once it pauses. */
export function followTyping() {
  /** @type {number | undefined} */
  let typing;
  document.addEventListener("input", (event) => {
    const form = event.target instanceof Element ? event.target.closest("form") : null;
    if (form?.dataset["action"] !== "filter") return;
    clearTimeout(typing);
    typing = window.setTimeout(() => applyFilters(form), typingMs);
  });
}
