/** What the operators' API shows of the running parts. */
import type { JsonObject } from "../core/json.ts";
import { formatTarget } from "../core/target.ts";
import type { OpenCall, OpenCalls } from "../gateway/open-calls.ts";
import { traceIdFromCallId } from "../monitoring/trace-id.ts";
import type { RunningTrace } from "../monitoring/tracing/trace-store.ts";
import type { Runtime } from "./create-runtime.ts";
import type { LiveParts } from "./live-parts.ts";
import { thisInstance } from "./this-instance.ts";

/** `/api/status`: which instance answers, and the configuration in use, without secrets. */
export function statusView(runtime: Runtime, live: LiveParts, configPath: string | null): JsonObject {
  const { gateway, config } = runtime;
  return {
    instance: { ...thisInstance() },
    config_path: configPath,
    has_keys: runtime.keys.hasKeys,
    calls_in_flight: live.callsInFlight(),
    default_targets: gateway.routes.defaults === null ? null : [gateway.routes.defaults.main].flat(),
    rules: [...gateway.routes.rules, ...gateway.routes.scenarios].map((rule) => ({
      name: rule.name,
      reason: rule.reason,
      to: rule.action.kind === "route" ? [rule.action.to].flat() : null,
      reject: rule.action.kind === "reject" ? rule.action.message : null,
    })),
    providers: [...gateway.providers.values()].map((provider) => ({
      name: provider.name,
      kind: provider.kind,
      dialects: [...provider.dialects],
      models: [...provider.models],
      credentials: live.credentials(provider.name).map((state) => ({ ...state })),
    })),
    server: { ...config.server },
  };
}

/** `/debug/connections`: calls in flight, and the sockets of each provider. */
export function openCallsView(live: LiveParts): JsonObject {
  return {
    calls: [...live.calls()],
    providers: live.upstreams().map(({ provider, ...stats }) => ({ name: provider, ...stats })),
  };
}

/** The calls in flight as running traces. */
export function* runningTraces(openCalls: OpenCalls): Iterable<RunningTrace> {
  for (const call of openCalls.list()) {
    yield {
      callId: call.id,
      traceId: call.traceParent?.traceId ?? traceIdFromCallId(call.id, call.startedAtMs),
      startedAtMs: call.startedAtMs,
      endpoint: call.endpoint,
      user: call.caller?.user ?? "",
      askedModel: call.request?.askedModel ?? null,
      target: call.prepared === null ? null : formatTarget(call.prepared.target),
    };
  }
}

/** One of `/debug/connections`. `now` on the monotonic clock. */
export function viewCall(call: OpenCall, now: number): JsonObject {
  return {
    id: call.id,
    endpoint: call.endpoint,
    user: call.caller?.user ?? null,
    asked_model: call.request?.askedModel ?? null,
    target: call.prepared === null ? null : formatTarget(call.prepared.target),
    state: stateOf(call),
    age_ms: Math.round(now - call.startedAt),
    attempts: call.attempts.length,
    request_bytes: call.request?.bytes.length ?? 0,
    answer_bytes: call.exchange.bytesWritten,
  };
}

function stateOf(call: OpenCall): string {
  if (call.headSentAt !== null) return "streaming";
  if (call.prepared !== null) return "waiting for the provider";
  return call.request === null ? "receiving" : "planning";
}
