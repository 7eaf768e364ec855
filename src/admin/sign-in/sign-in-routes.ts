/**
 * Signing Claude Code in by `/login` (OAuth device flow, RFC 8628), where keys are configured.
 *
 * The person pastes a key that operators made; the client gets that key as its token. So a sign-in gives no right that
 * the key does not have, and ends with it. Signed in, Claude Code shows spending caps itself (docs/claude-code.md).
 */
import { GatewayError } from "../../core/errors/errors.ts";
import type { AdminAnswer, AdminRequest, AdminRoute } from "../admin-route.ts";
import { signInPage } from "./sign-in-page.ts";
import type { SignIns } from "./sign-ins.ts";
import { lifetimeMs, pollEveryMs } from "./sign-ins.ts";

export interface SignInSource {
  readonly signIns: SignIns;
  readonly hasKeys: () => boolean;
  /** Whether a key is served at this moment. */
  accepts(key: string): boolean;
}

const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code";
/** How long a client goes without asking whether its key still holds; a revoked one is refused at its next call anyway. */
const tokenSeconds = 12 * 3600;
const bodyLimitBytes = 16 * 1024;

export function signInRoutes(source: SignInSource): readonly AdminRoute[] {
  const routes: readonly Omit<AdminRoute, "access" | "bodyLimitBytes">[] = [
    { method: "GET", path: "/.well-known/oauth-authorization-server", handle: (request) => oauth(metadata(request)) },
    { method: "POST", path: "/oauth/device_authorization", handle: (request) => begin(source, request) },
    { method: "POST", path: "/oauth/token", handle: (request) => answerToken(source, request) },
    { method: "GET", path: "/device", handle: (request) => open(source, request.query.get("user_code") ?? "") },
    { method: "POST", path: "/device", handle: (request) => decide(source, request) },
  ];
  return routes.map((route) => ({
    ...route,
    access: "open",
    bodyLimitBytes,
    handle: (request, parts) => {
      if (source.hasKeys()) return route.handle(request, parts);
      throw new GatewayError("caller_not_found", "this router has no keys: nobody needs to sign in");
    },
  }));
}

/** RFC 8414. Endpoints must be at the address that the client was given, which only its request tells. */
function metadata(request: AdminRequest): Record<string, string | string[]> {
  const base = baseUrlOf(request);
  return {
    issuer: base,
    device_authorization_endpoint: `${base}/oauth/device_authorization`,
    token_endpoint: `${base}/oauth/token`,
    grant_types_supported: [deviceGrant, "refresh_token"],
    response_types_supported: [],
    token_endpoint_auth_methods_supported: ["none"],
  };
}

async function begin({ signIns }: SignInSource, request: AdminRequest): Promise<AdminAnswer> {
  refuseOtherSites(request);
  const begun = await signIns.begin();
  const page = `${baseUrlOf(request)}/device`;
  return oauth({
    device_code: begun.deviceCode,
    user_code: begun.userCode,
    verification_uri: page,
    verification_uri_complete: `${page}?user_code=${begun.userCode}`,
    expires_in: lifetimeMs / 1000,
    interval: pollEveryMs / 1000,
  });
}

/** RFC 6749, 5 and 6; RFC 8628, 3.4 and 3.5. */
async function answerToken(source: SignInSource, request: AdminRequest): Promise<AdminAnswer> {
  const form = await readForm(request);
  const grant = form.get("grant_type");
  if (grant === "refresh_token") {
    const key = form.get("refresh_token") ?? "";
    return source.accepts(key) ? token(key) : refusal("invalid_grant", "the key was revoked or has expired");
  }
  if (grant !== deviceGrant) return refusal("unsupported_grant_type", `only ${deviceGrant} and refresh_token`);
  const standing = await source.signIns.ask(form.get("device_code") ?? "");
  switch (standing.kind) {
    case "signed-in":
      return token(standing.key);
    case "pending":
      return refusal("authorization_pending", "the person has not decided yet");
    case "too-soon":
      return refusal("slow_down", `ask every ${pollEveryMs / 1000} seconds`);
    case "denied":
      return refusal("access_denied", "the person refused");
    case "expired":
      return refusal("expired_token", "begin again: this sign-in is over or was never begun");
  }
}

async function decide(source: SignInSource, request: AdminRequest): Promise<AdminAnswer> {
  refuseOtherSites(request);
  const form = await readForm(request);
  const userCode = form.get("user_code") ?? "";
  return whileStoreAnswers(userCode, () => answerForm(source, form, userCode));
}

async function answerForm(source: SignInSource, form: URLSearchParams, userCode: string): Promise<AdminAnswer> {
  const key = (form.get("key") ?? "").trim();
  const isAllowed = form.get("decision") === "allow";
  if (isAllowed && !source.accepts(key)) {
    return showForm(source, userCode, "This is no key of this router, or it was revoked or has expired.");
  }
  if (!(await source.signIns.decide(userCode, isAllowed ? key : null))) {
    return showForm(source, userCode, "No sign-in waits under this code. Codes are good for ten minutes.");
  }
  const message = isAllowed ? "Signed in. Go back to the terminal." : "Refused. Nobody was signed in.";
  return signInPage({ kind: "done", message });
}

async function showForm({ signIns }: SignInSource, userCode: string, problem: string): Promise<AdminAnswer> {
  const ageSeconds = userCode === "" ? null : await signIns.ageSeconds(userCode);
  return signInPage({ kind: "form", userCode, ageSeconds, problem }, problem === "" ? 200 : 400);
}

function open(source: SignInSource, userCode: string): Promise<AdminAnswer> {
  return whileStoreAnswers(userCode, () => showForm(source, userCode, ""));
}

/** The page of `show`; where the database is away the form with words to that effect, as a person is asking. */
async function whileStoreAnswers(userCode: string, show: () => Promise<AdminAnswer>): Promise<AdminAnswer> {
  try {
    return await show();
  } catch (error) {
    if (!(error instanceof GatewayError) || error.code !== "dependency_store_unreachable") throw error;
    const problem = "The router cannot reach its database. Nobody was signed in: try again in a moment.";
    return signInPage({ kind: "form", userCode, ageSeconds: null, problem }, 503);
  }
}

/** What another site sends through a person's browser. Programs send neither header. */
function refuseOtherSites(request: AdminRequest): void {
  const site = request.header("sec-fetch-site");
  const origin = request.header("origin");
  const isOwn = site === undefined ? origin === undefined || origin === baseUrlOf(request) : site === "same-origin";
  if (isOwn) return;
  throw new GatewayError("caller_permission_denied", "this came from another site: open the sign-in page itself");
}

/** The address by which the client reaches this router; a proxy in front that ends TLS says so. */
function baseUrlOf(request: AdminRequest): string {
  const scheme = request.header("x-forwarded-proto") === "https" ? "https" : "http";
  return `${scheme}://${request.header("host") ?? ""}`;
}

async function readForm(request: AdminRequest): Promise<URLSearchParams> {
  return new URLSearchParams((await request.body()).toString());
}

function token(key: string): AdminAnswer {
  return oauth({ access_token: key, token_type: "Bearer", expires_in: tokenSeconds, refresh_token: key });
}

function refusal(error: string, description: string): AdminAnswer {
  return oauth({ error, error_description: description }, 400);
}

function oauth(body: Record<string, string | number | string[]>, status = 200): AdminAnswer {
  return { status, body };
}
