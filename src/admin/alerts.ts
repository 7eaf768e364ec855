/** Alerts: Alertmanager tells them, operators see and acknowledge them. */
import { toAlertEventJson, toAlertJson } from "../alerting/received/alert-json.ts";
import type { AlertStore } from "../alerting/received/alert-store.ts";
import { readWebhook } from "../alerting/received/read-webhook.ts";
import { GatewayError } from "../core/errors/errors.ts";
import { isJsonObject, parseJson } from "../core/json/json.ts";
import { actorOf } from "./actor.ts";
import { isFromBrowser } from "./console-guard.ts";
import type { AdminRoute } from "./admin-route.ts";
import { invalid, jsonAnswer, oneOf, readLimit, refuseUnknownFields, refuseUnknownParameters } from "./read-request.ts";

/** A thousand alerts with long descriptions. */
const webhookLimitBytes = 1024 * 1024;
const ackLimitBytes = 16 * 1024;
const maxNoteLength = 500;

/** `tellers`: who may tell alerts. */
export function alertRoutes(store: AlertStore, tellers: AdminRoute["access"] = "admin"): readonly AdminRoute[] {
  return [
    webhookRoute(store, "/api/alerts/webhook", tellers),
    {
      method: "GET",
      path: "/api/alerts",
      access: "admin",
      handle: async ({ query }) => {
        refuseUnknownParameters(query, ["state", "limit"]);
        const state = oneOf("state", query.get("state") ?? "all", ["firing", "resolved", "all"] as const);
        const limit = readLimit(query, 100, 1_000);
        const alerts = await store.list(state === undefined || state === "all" ? null : state, limit);
        return jsonAnswer({ alerts: alerts.map(toAlertJson) });
      },
    },
    {
      method: "GET",
      path: "/api/alerts/{id}",
      access: "admin",
      handle: async ({ query }, { id = "" }) => {
        refuseUnknownParameters(query, ["limit"]);
        const alert = (await store.get(id)) ?? notFound(id);
        const history = await store.history(id, readLimit(query, 100, 1_000));
        return jsonAnswer({ ...toAlertJson(alert), history: history.map(toAlertEventJson) });
      },
    },
    {
      method: "POST",
      path: "/api/alerts/{id}/ack",
      access: "admin",
      bodyLimitBytes: ackLimitBytes,
      handle: async (request, { id = "" }) => {
        const note = readNote((await request.body()).toString());
        return jsonAnswer(toAlertJson((await store.acknowledge(id, actorOf(request), note)) ?? notFound(id)));
      },
    },
  ];
}

/**
 * Where Alertmanager tells alerts. Never a browser: no page has a reason to. A 400 tells Alertmanager not to try again,
 * a 500 (the database is away) that it should.
 */
export function webhookRoute(store: AlertStore, path: string, access: AdminRoute["access"]): AdminRoute {
  return {
    method: "POST",
    path,
    access,
    bodyLimitBytes: webhookLimitBytes,
    handle: async (request) => {
      if (isFromBrowser(request))
        throw new GatewayError("caller_permission_denied", "alerts are told by Alertmanager, not by a browser");
      const reading = readWebhook(parseJson((await request.body()).toString()));
      if (reading.kind === "invalid") throw invalid(reading.message);
      await store.receive(reading.alerts);
      return jsonAnswer({ received: reading.alerts.length, dropped: reading.dropped });
    },
  };
}

const noteShape = 'the body must be JSON such as {"note": "looking"}';

/** The body is `{"note": "…"}`, or nothing. */
function readNote(text: string): string {
  const body = text.trim() === "" ? {} : parseJson(text);
  if (!isJsonObject(body)) throw invalid(noteShape);
  refuseUnknownFields(body, ["note"]);
  const { note = "" } = body;
  if (typeof note !== "string") throw invalid(noteShape);
  return note.replaceAll("\0", "").slice(0, maxNoteLength);
}

function notFound(id: string): never {
  throw new GatewayError("caller_not_found", `there is no alert ${id.slice(0, 100)}; /api/alerts lists them`);
}
