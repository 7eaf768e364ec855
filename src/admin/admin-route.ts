/** The operators' HTTP API: its routes are values, each answering one question. */
import type { Caller } from "../core/caller.ts";
import { decodeUriText } from "../core/http/decode-uri-text.ts";
import type { JsonValue } from "../core/json/json.ts";

export interface AdminRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Who asks, on routes for callers; null on others. */
  readonly caller: Caller | null;
  /** SHA-256 in hex of the admin key that opens the route; null where none was needed. */
  readonly adminKeyHash: string | null;
  header(name: string): string | undefined;
  /** The request's body, bounded. */
  body(): Promise<Buffer>;
  /** Aborted when whoever asks has left. */
  signal(): AbortSignal;
}

export interface AdminAnswer {
  readonly status: number;
  /** Default: JSON. */
  readonly contentType?: string;
  readonly body: JsonValue | string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface AdminRoute {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** `{name}` stands for one part of the path, `{name+}` for one or more: a name with slashes, escaped or not. */
  readonly path: string;
  /**
   * `open`: without a key. `host`: the same, but while there are no keys only under this machine's own names, as it shows
   * data. `caller`: for whoever may call. `admin`: for operators.
   */
  readonly access: "open" | "host" | "caller" | "admin";
  /** That asking does something: so HEAD, which asks what GET would answer, is not taken. */
  readonly hasEffects?: true;
  /** How large a body it takes, where the operators' API's own limit (8 MiB) is more than it needs. */
  readonly bodyLimitBytes?: number;
  /** May throw GatewayError. */
  handle(request: AdminRequest, parts: Readonly<Record<string, string>>): AdminAnswer | Promise<AdminAnswer>;
}

export type FoundRoute =
  | { readonly kind: "found"; readonly route: AdminRoute; readonly parts: Readonly<Record<string, string>> }
  | { readonly kind: "other-method"; readonly allow: string }
  | { readonly kind: "none" };

/** Finds the route of a request among `routes`. */
export function findRoute(routes: readonly AdminRoute[], method: string, path: string): FoundRoute {
  const allowed: string[] = [];
  for (const route of routes) {
    const parts = matchPath(route.path, path);
    if (parts === null) continue;
    const methods: readonly string[] =
      route.method === "GET" && route.hasEffects !== true ? ["GET", "HEAD"] : [route.method];
    if (methods.includes(method)) return { kind: "found", route, parts };
    allowed.push(...methods);
  }
  return allowed.length === 0 ? { kind: "none" } : { kind: "other-method", allow: allowed.join(", ") };
}

function matchPath(pattern: string, path: string): Record<string, string> | null {
  const wanted = pattern.split("/");
  const given = path.split("/");
  const several = wanted.findIndex((part) => part.endsWith("+}"));
  const surplus = given.length - wanted.length;
  if (several !== -1 && surplus > 0) {
    given.splice(several, surplus + 1, given.slice(several, several + surplus + 1).join("/"));
  }
  if (wanted.length !== given.length) return null;
  const parts: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = given[index]!;
    if (part.startsWith("{")) parts[part.replaceAll(/[{+}]/g, "")] = decodeUriText(value);
    else if (part !== value) return null;
  }
  return parts;
}
