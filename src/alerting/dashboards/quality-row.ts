/** What answers are worth, by the router's own checks and by what developers keep: a row of the dashboard of providers. */
import type { Row } from "./dashboard.ts";
import { byTarget, hereByProvider, mean, shareOver, target } from "./selectors.ts";

export const qualityRow: Row = {
  title: "Quality",
  panels: [
    {
      kind: "time-series",
      title: "Quality of answers",
      description: "Mean of the checks on each answer: ended, tool calls that fit, substance, no loop, no refusal.",
      unit: "percentunit",
      width: 8,
      min: 0,
      max: 1,
      queries: [{ expr: mean("ccr_response_quality_score", byTarget, hereByProvider), legend: target }],
      whenEmpty: "no answers",
    },
    {
      kind: "time-series",
      title: "Poor answers",
      description: "Part of the answers with a quality of 0.5 or less, by kind of content.",
      unit: "percentunit",
      width: 8,
      min: 0,
      queries: [
        {
          expr:
            `sum by (provider, content_type) (rate(ccr_response_quality_score_bucket{${hereByProvider},le="0.5"}[$__rate_interval]))` +
            ` / (sum by (provider, content_type) (rate(ccr_response_quality_score_count{${hereByProvider}}[$__rate_interval])) > 0)`,
          legend: "{{provider}} {{content_type}}",
        },
      ],
      whenEmpty: "no answers",
    },
    {
      kind: "bars",
      title: "Satisfaction",
      description: "What developers made of it: accepted tool calls, results, ratings. 0.5 until something is known.",
      unit: "percentunit",
      width: 8,
      min: 0,
      max: 1,
      queries: [
        {
          expr: `avg by (provider, user_tier) (ccr_user_satisfaction_score{${hereByProvider}})`,
          legend: "{{provider}} ({{user_tier}})",
        },
      ],
      whenEmpty: "no telemetry",
    },
    {
      kind: "time-series",
      title: "Accepted tool calls",
      description: "Part of the tool calls that people accepted in Claude Code, over an hour.",
      unit: "percentunit",
      width: 12,
      min: 0,
      max: 1,
      queries: [
        {
          expr: shareOver("1h", "ccr_tool_decisions_total", ["provider"], hereByProvider, 'decision="accept"'),
          legend: "{{provider}}",
        },
      ],
      whenEmpty: "no telemetry",
    },
    {
      kind: "time-series",
      title: "Tool calls that failed when they ran",
      description: "Part of the tool results that Claude Code reports as failed, over an hour.",
      unit: "percentunit",
      width: 12,
      min: 0,
      queries: [
        {
          expr: shareOver("1h", "ccr_tool_results_total", ["provider"], hereByProvider, 'result="failure"'),
          legend: "{{provider}}",
        },
      ],
      whenEmpty: "no telemetry",
    },
  ],
};
