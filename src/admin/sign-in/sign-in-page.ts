/** The page on which a person ends a sign-in: a form without scripts, styled as the console. */
import type { AdminAnswer } from "../admin-route.ts";

export type SignInPage =
  | { readonly kind: "form"; readonly userCode: string; readonly ageSeconds: number | null; readonly problem: string }
  | { readonly kind: "done"; readonly message: string };

const headers: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  "x-frame-options": "DENY",
  "x-content-type-options": "nosniff",
  // Not `no-referrer`: a form would then be sent with `Origin: null`, and could not be told from another site's.
  "referrer-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "cache-control": "no-store",
};

export function signInPage(page: SignInPage, status = 200): AdminAnswer {
  const content =
    page.kind === "form"
      ? form(page)
      : `<div class="gate"><h1>Sign in</h1><p role="status">${escapeHtml(page.message)}</p></div>`;
  const body = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>Sign in · Claude Code Router</title>
    <link rel="icon" href="console/icon.svg" type="image/svg+xml" />
    <link rel="stylesheet" href="console/console.css" />
    <link rel="stylesheet" href="console/parts.css" />
  </head>
  <body>
    <header class="top"><span class="brand"><img src="console/icon.svg" alt="" width="28" height="28" />
      <span>Claude Code Router</span></span></header>
    <main>
      ${content}
    </main>
  </body>
</html>
`;
  return { status, contentType: "text/html; charset=utf-8", headers, body };
}

function form({ userCode, ageSeconds, problem }: SignInPage & { readonly kind: "form" }): string {
  const age = ageSeconds === null ? "" : ` It was started ${ageSeconds} seconds ago.`;
  const isPrefilled = userCode !== "";
  return `<form class="gate" method="post" action="device" autocomplete="off">
        <h1>Sign in Claude Code</h1>
        ${problem === "" ? "" : `<p class="problem" role="alert">${escapeHtml(problem)}</p>`}
        <p>Go on only if you have just started this sign-in yourself and your terminal shows this code:
          whoever started it will work with your key.${age}</p>
        <label>Code in the terminal
          <input name="user_code" value="${escapeHtml(userCode)}" required maxlength="20" autocapitalize="characters"
            spellcheck="false"${isPrefilled ? "" : " autofocus"} /></label>
        <label>Your key of this router
          <input name="key" type="password" maxlength="500" autocomplete="off" spellcheck="false"${isPrefilled ? " autofocus" : ""} /></label>
        <button class="primary" name="decision" value="allow">Sign in</button>
        <button name="decision" value="deny">It was not me</button>
        <p class="note">Operators make keys with <code>ccr keys create --user NAME</code>.</p>
      </form>`;
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
