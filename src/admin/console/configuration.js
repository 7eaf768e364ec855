/** The configuration in use: providers, rules in their order, and reading the file again. */
import { read } from "./api.js";
import { h } from "./dom.js";
import { clock, count, duration, fullCount } from "./format.js";
import { chip, facts, panel } from "./parts.js";

/**
 * @typedef {{ name: string, reason: string, to: string[] | null, reject: string | null }} RuleView
 * @typedef {{ name: string, coolingUntilMs: number | null }} CredentialView
 * @typedef {{ name: string, kind: string, dialects: string[], models: string[], credentials: CredentialView[] }} ProviderView
 * @typedef {{ config_path: string | null, has_keys: boolean, default_targets: string[] | null, rules: RuleView[], providers: ProviderView[], server: { host: string, port: number, maxCalls: number, bodyLimitBytes: number, gracePeriodMs: number } }} Status
 * @typedef {{ atMs: number, reloaded: boolean, warnings?: string[], error?: string }} ReloadResult
 */

/** @returns {Promise<Status>} */
export function load() {
  return read("/api/status");
}

/**
 * @param {Status} status
 * @param {{ readonly overview: { readonly nowMs: number, readonly version: string, readonly uptimeSeconds: number }, readonly reload: ReloadResult | null }} context
 */
export function view(status, { overview, reload }) {
  const { nowMs } = overview;
  return [
    h(
      "div",
      { class: "head" },
      h("h1", {}, "Configuration"),
      h("button", { type: "button", class: "primary", "data-action": "reload" }, "Reload configuration"),
    ),
    reload === null ? null : reloadResult(reload, nowMs),
    panel(
      "Rules",
      { note: "The first rule that fits a call decides. Scenarios of Claude Code stand behind your own rules." },
      rules(status),
    ),
    panel(
      "Providers",
      {},
      h(
        "ul",
        { class: "configured" },
        status.providers.map((provider) => providerRow(provider, nowMs)),
      ),
    ),
    panel(
      "Router",
      {},
      facts([
        ["Version", overview.version],
        ["Running for", duration(overview.uptimeSeconds * 1000)],
        ["Configuration file", status.config_path ?? "none: made by the program that started it"],
        ["Listens on", `${status.server.host}, port ${status.server.port || "chosen by the system"}`],
        ["Callers need a key", status.has_keys ? "yes" : "no, only this machine is served"],
        ["Calls at the same time, at most", fullCount(status.server.maxCalls)],
        ["Largest request", `${count(status.server.bodyLimitBytes / 1_048_576)} MiB`],
        ["Running calls may finish within", duration(status.server.gracePeriodMs)],
      ]),
    ),
  ];
}

/**
 * @param {ReloadResult} result
 * @param {number} nowMs
 */
function reloadResult({ reloaded, warnings = [], error, atMs }, nowMs) {
  const told = reloaded ? "The configuration was read again and is in use." : "Not reloaded; the old one stays in use.";
  return h(
    "div",
    { class: `result ${reloaded ? (warnings.length > 0 ? "warn" : "good") : "bad"}`, key: "reload" },
    h("strong", {}, told),
    h("small", {}, clock(atMs, nowMs)),
    error === undefined ? null : h("pre", {}, error),
    warnings.length === 0
      ? null
      : h(
          "ul",
          {},
          warnings.map((warning) => h("li", {}, warning)),
        ),
  );
}

/** @param {Status} status */
function rules({ rules, default_targets: defaults }) {
  const last =
    defaults === null
      ? h("li", { key: "default" }, h("strong", {}, "otherwise"), h("span", {}, "unknown models are refused"))
      : h(
          "li",
          { key: "default" },
          h("strong", {}, "otherwise"),
          h("span", {}, "by the model's name, else the default"),
          destination(defaults),
        );
  return h(
    "ol",
    { class: "rules" },
    rules.map(({ name, reason, to, reject }) =>
      h(
        "li",
        { key: `rule ${name}` },
        h("strong", {}, name),
        h("span", {}, conditionOf(name, reason)),
        to === null ? h("small", {}, `refused: ${reject}`) : destination(to),
      ),
    ),
    last,
  );
}

/**
 * The name stands beside it already.
 *
 * @param {string} name
 * @param {string} reason
 */
function conditionOf(name, reason) {
  const start = `rule ${name} (`;
  return reason.startsWith(start) ? reason.slice(start.length, -1) : reason;
}

/** @param {readonly string[]} targets */
function destination(targets) {
  return targets.length === 0 ? null : h("small", {}, `→ ${targets.join(", then ")}`);
}

/**
 * @param {ProviderView} provider
 * @param {number} nowMs
 */
function providerRow({ name, kind, dialects, models, credentials }, nowMs) {
  return h(
    "li",
    { key: name },
    h("div", { class: "who" }, h("strong", {}, name), kind === name ? null : h("small", {}, kind)),
    h("span", { class: "quiet" }, `speaks ${dialects.join(" and ")}`),
    h(
      "span",
      { class: "keys" },
      credentials.map(({ name: key, coolingUntilMs }) => {
        const isCooling = coolingUntilMs !== null && coolingUntilMs > nowMs;
        return isCooling ? chip("warn", `${key} rests for ${duration(coolingUntilMs - nowMs)}`) : chip("good", key);
      }),
    ),
    models.length === 0
      ? h("span", { class: "quiet" }, "any model by its name")
      : h(
          "details",
          {},
          h("summary", {}, models.length === 1 ? "1 model" : `${count(models.length)} models`),
          h(
            "ul",
            { class: "models" },
            models.map((model) => h("li", {}, h("code", {}, model))),
          ),
        ),
  );
}
