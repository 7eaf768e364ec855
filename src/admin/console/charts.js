/** Small pictures of figures, in SVG. Sizes are attributes: the page allows no inline styles. */
import { h } from "./dom.js";

const width = 120;
const height = 32;

/**
 * A line over its area. Gaps (null) break the line.
 *
 * @param {readonly (number | null)[]} values
 * @param {string} label What it shows, for those who do not see it.
 */
export function sparkline(values, label) {
  const top = Math.max(...values.map((value) => value ?? 0), 1e-9);
  const x = (/** @type {number} */ index) => ((index * width) / Math.max(1, values.length - 1)).toFixed(1);
  const y = (/** @type {number} */ value) => (height - 2 - (value / top) * (height - 5)).toFixed(1);
  let line = "";
  let area = "";
  let start = -1;
  for (let index = 0; index <= values.length; index++) {
    const value = values[index];
    if (value !== null && value !== undefined) {
      line += `${start < 0 ? "M" : "L"}${x(index)} ${y(value)}`;
      if (start < 0) start = index;
    } else if (start >= 0) {
      // A single point is drawn as a short line, or it would not be seen.
      if (index - start === 1) line += "h0.5";
      area += `M${x(start)} ${height}`;
      for (let at = start; at < index; at++) area += `L${x(at)} ${y(values[at] ?? 0)}`;
      area += `L${x(index - 1)} ${height}Z`;
      start = -1;
    }
  }
  return h(
    "svg",
    {
      class: "spark",
      viewBox: `0 0 ${width} ${height}`,
      preserveAspectRatio: "none",
      role: "img",
      "aria-label": label,
    },
    h("path", { class: "area", d: area }),
    h("path", { class: "line", d: line }),
  );
}

/**
 * A horizontal bar: `part` of the whole, from 0 to 1.
 *
 * @param {number} part
 * @param {string} [tone]
 * @param {number} [offset] Where it begins, from 0 to 1.
 */
export function bar(part, tone = "", offset = 0) {
  const size = Math.min(1, Math.max(0, part)) * 100;
  return h(
    "svg",
    { class: `bar ${tone}`, viewBox: "0 0 100 4", preserveAspectRatio: "none", "aria-hidden": "true" },
    h("rect", { class: "track", width: 100, height: 4 }),
    h("rect", { class: "fill", x: (offset * 100).toFixed(2), width: size.toFixed(2), height: 4 }),
  );
}

/**
 * Columns over time, each with its name and its figure in words.
 *
 * @param {readonly { readonly name: string, readonly value: number, readonly words: string }[]} columns
 * @param {string} label
 */
export function columnChart(columns, label) {
  const top = Math.max(...columns.map(({ value }) => value), 1e-12);
  const every = Math.ceil(columns.length / 8);
  return h(
    "ol",
    { class: "columns", "aria-label": label },
    columns.map(({ name, value, words }, index) => {
      const fromEnd = columns.length - 1 - index;
      const size = value <= 0 ? 0 : Math.max(1.5, (value / top) * 100);
      return h(
        "li",
        { title: `${name}: ${words}` },
        h(
          "svg",
          { viewBox: "0 0 1 100", preserveAspectRatio: "none", role: "img", "aria-label": `${name}: ${words}` },
          h("rect", { width: 1, height: size.toFixed(1), y: (100 - size).toFixed(1) }),
        ),
        // Small screens have room for every second name.
        h(
          "span",
          { "aria-hidden": "true", class: fromEnd % (2 * every) === 0 ? "" : "between" },
          fromEnd % every === 0 ? name : "",
        ),
      );
    }),
  );
}
