/**
 * The web console: a page of plain files, the same for everybody and free of data.
 *
 * It is open because it holds nothing: what it shows comes from the operators' API, by the rules of that API.
 * docs/console.md says how it is kept safe from other sites' pages.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { GatewayError } from "../core/errors/errors.ts";
import { ownFile } from "../core/files/own-files.ts";
import type { AdminAnswer, AdminRoute } from "./admin-route.ts";

const folder = ownFile("admin/console");

const contentTypes: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
};

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  // Text that came from a client can become no markup, even by a mistake in the page.
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

const headers: Readonly<Record<string, string>> = {
  "content-security-policy": policy,
  "x-frame-options": "DENY",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  // After an update the page and the API must be of one version.
  "cache-control": "no-store",
};

const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
<rect width="32" height="32" rx="8" fill="#3b5bdb"/>
<path d="M7 16h6c5 0 5-7 12-7M13 16c5 0 5 7 12 7" fill="none" stroke="#fff" stroke-width="2.6" stroke-linecap="round"/>
<circle cx="7" cy="16" r="2.6" fill="#fff"/></svg>
`;

/** The page at `/`, and its parts. */
export function consoleRoutes(): readonly AdminRoute[] {
  let files: ReadonlyMap<string, AdminAnswer> | null = null;
  const find = (name: string): AdminAnswer => {
    files ??= readFiles();
    const found = files.get(name);
    if (found === undefined) throw new GatewayError("caller_not_found", "the console has no such file");
    return found;
  };
  return [
    { method: "GET", path: "/", access: "open", handle: () => find("index.html") },
    { method: "GET", path: "/console/{file}", access: "open", handle: (_request, { file }) => find(file ?? "") },
  ];
}

/** All of them at once: names in requests only choose among these, and never reach the file system. */
function readFiles(): ReadonlyMap<string, AdminAnswer> {
  const files = new Map<string, AdminAnswer>([
    ["icon.svg", { status: 200, contentType: "image/svg+xml", headers, body: icon }],
  ]);
  for (const name of readdirSync(folder)) {
    const contentType = contentTypes[name.slice(name.lastIndexOf(".") + 1)];
    if (contentType !== undefined)
      files.set(name, { status: 200, contentType, headers, body: readFileSync(join(folder, name)) });
  }
  return files;
}
