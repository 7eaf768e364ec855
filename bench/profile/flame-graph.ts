/** A flame graph as one SVG: the width of a frame is its time, its colour says whose code it is. Hover tells the rest. */
import type { Frame } from "./cpu-profile.ts";

const width = 1600;
const rowHeight = 17;
/** Frames narrower than this many pixels are left out. */
const leastPixels = 1;

export function renderFlameGraph(root: Frame, title: string): string {
  const parts: string[] = [];
  const deepest = draw(root, 0, 0, root.totalUs, parts);
  const height = (deepest + 3) * rowHeight;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="monospace" font-size="11">
<rect width="100%" height="100%" fill="#fff"/>
<text x="4" y="12">${escapeXml(title)} — blue: this router, orange: node, green: packages, grey: V8 and the kernel</text>
<g transform="translate(0,${rowHeight})">
${parts.join("\n")}
</g>
</svg>
`;
}

/** Draws a frame and those below it; returns the depth of the deepest. */
function draw(frame: Frame, depth: number, startUs: number, allUs: number, parts: string[]): number {
  const pixels = (frame.totalUs / allUs) * width;
  if (pixels < leastPixels) return depth;
  const x = (startUs / allUs) * width;
  const percent = ((frame.totalUs / allUs) * 100).toFixed(1);
  const own = ((frame.selfUs / allUs) * 100).toFixed(1);
  const hint = escapeXml(`${frame.name} ${frame.place} — ${percent} % in all, ${own} % itself`);
  const letters = Math.floor(pixels / 6.7);
  const label = letters < 3 ? "" : escapeXml(frame.name.slice(0, letters));
  const y = depth * rowHeight;
  const box = `<rect x="${x.toFixed(1)}" y="${y}" width="${pixels.toFixed(1)}" height="${rowHeight - 1}" fill="${colourOf(frame)}"/>`;
  const text = label === "" ? "" : `<text x="${(x + 2).toFixed(1)}" y="${y + 12}">${label}</text>`;
  parts.push(`<g><title>${hint}</title>${box}${text}</g>`);
  let deepest = depth;
  let at = startUs;
  for (const child of [...frame.children.values()].sort((a, b) => b.totalUs - a.totalUs)) {
    deepest = Math.max(deepest, draw(child, depth + 1, at, allUs, parts));
    at += child.totalUs;
  }
  return deepest;
}

function colourOf({ place }: Frame): string {
  if (place.startsWith("src/") || place.startsWith("dist/")) return "#8fb8f0";
  if (place.startsWith("node:")) return "#f5b971";
  return place === "" ? "#d5d5d5" : "#9ed9a3";
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
