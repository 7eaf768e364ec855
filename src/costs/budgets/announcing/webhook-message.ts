/** What a webhook says of a budget event: as JSON for programs, as Slack's incoming webhooks take it for people. Pure. */
import type { JsonObject } from "../../../core/json/json.ts";
import { formatUsd, usdFromNanoUsd } from "../../../core/money.ts";
import type { BudgetWebhookSettings } from "../../../core/money-settings.ts";
import type { BudgetEvent } from "./budget-events.ts";
import { toBucketJson } from "../bucket-json.ts";
import { beginWithBucket, describeReset, describeUse } from "../describe-bucket.ts";

/** The body of a message. `id`: the same in every repetition, so that a receiver can tell them. */
export function webhookMessage(event: BudgetEvent, format: BudgetWebhookSettings["format"], id: string): JsonObject {
  return format === "slack" ? { text: slackText(sentenceOf(event)) } : jsonOf(event, id);
}

/** As it stands: a name of a client's making must call nobody (`<!channel>`) and link nowhere. https://docs.slack.dev/messaging/formatting-message-text */
function slackText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function jsonOf(event: BudgetEvent, id: string): JsonObject {
  const { kind, atMs } = event;
  return {
    id,
    event: kind,
    time: new Date(atMs).toISOString(),
    message: sentenceOf(event),
    budget: toBucketJson(event),
    ...(kind === "budgetThresholdReached" ? { threshold: event.threshold } : {}),
    ...(kind === "budgetOverrunProjected" ? { projectedUsd: usdFromNanoUsd(event.projectedNanoUsd) } : {}),
  };
}

/** The event in a sentence, for people. */
export function sentenceOf(event: BudgetEvent): string {
  const { bucket } = event;
  const whose = beginWithBucket(bucket);
  const use = describeUse(event);
  const reset = `it ${describeReset(bucket)}`;
  if (event.kind === "budgetThresholdReached") {
    return `${whose} has passed ${Math.round(event.threshold * 100)} %: ${use}; ${reset}.`;
  }
  if (event.kind === "budgetOverrunProjected") {
    return `${whose} will be passed at the present pace: ${use}, ${formatUsd(event.projectedNanoUsd)} is projected; ${reset}.`;
  }
  const left = event.spentNanoUsd < bucket.limitNanoUsd ? "had no room for a call" : "is used up";
  return `${whose} ${left}: ${use}; ${reset}.`;
}
