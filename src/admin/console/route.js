/** What the address says: `#/page`, `#/page/id`, each with `?` and what was chosen there. */

/** @typedef {{ readonly page: string, readonly id: string | null, readonly query: URLSearchParams }} Route */

const pages = new Set(["overview", "calls", "costs", "configuration"]);

/** @returns {Route} */
export function readRoute() {
  const [path = "", search = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [page = "", id = ""] = path.split("/");
  return {
    page: pages.has(page) ? page : "overview",
    id: id === "" ? null : decoded(id),
    query: new URLSearchParams(search),
  };
}

/**
 * @param {Route} route
 * @returns {string}
 */
export function addressOf({ page, id, query }) {
  const path = id === null ? `#/${page}` : `#/${page}/${encodeURIComponent(id)}`;
  return query.size === 0 ? path : `${path}?${query.toString()}`;
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
