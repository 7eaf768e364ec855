/** Small wrongs done to a rule, one at a time: each must make one of its tests fail. */
import type { SyntaxNodeRef } from "@lezer/common";
import { parser } from "@prometheus-io/lezer-promql";
import type { Rule } from "../rule-lint/lint-rules.ts";

export type MutationKind =
  | "threshold"
  | "comparison"
  | "operator"
  | "window"
  | "label"
  | "aggregation"
  | "for"
  | "severity";

export interface Mutant {
  readonly kind: MutationKind;
  /** What was done, in words. */
  readonly change: string;
  readonly rule: Rule;
}

interface Edit {
  readonly kind: MutationKind;
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

export function mutantsOf(rule: Rule): readonly Mutant[] {
  return [...editsOf(rule).map((edit) => applyEdit(rule, edit)), ...frameMutants(rule)];
}

function applyEdit(rule: Rule, { kind, from, to, text }: Edit): Mutant {
  const before = rule.expr.slice(0, from);
  const change = `${rule.expr.slice(from, to)} → ${text === "" ? "(nothing)" : text} at ${from}`;
  return { kind, change, rule: { ...rule, expr: before + text + rule.expr.slice(to) } };
}

/** Mutants outside of the expression. */
function frameMutants(rule: Rule): readonly Mutant[] {
  if (rule.alert === undefined) return [];
  const { for: duration, ...rest } = rule;
  const severity = rule.labels?.["severity"] === "critical" ? "warning" : "critical";
  const relabelled: Mutant = {
    kind: "severity",
    change: `severity → ${severity}`,
    rule: { ...rule, labels: { ...rule.labels, severity } },
  };
  if (duration === undefined) {
    return [{ kind: "for", change: "for → 5m", rule: { ...rule, for: "5m" } }, relabelled];
  }
  return [
    { kind: "for", change: `for: ${duration} → none`, rule: rest },
    { kind: "for", change: `for: ${duration} doubled`, rule: { ...rule, for: scaleSpan(duration, 2) } },
    relabelled,
  ];
}

function editsOf(rule: Rule): readonly Edit[] {
  if (isConstantAlert(rule)) return [];
  const { expr } = rule;
  const edits: Edit[] = [];
  parser.parse(expr).iterate({
    enter: (node) => {
      if (isDivisorGuard(node)) return false;
      const text = expr.slice(node.from, node.to);
      for (const [kind, replacement] of replacementsFor(node, text)) {
        edits.push({ kind, from: node.from, to: node.to, text: replacement });
      }
    },
  });
  return edits;
}

/**
 * `> 0` around a divisor changes nothing that fires: without it the quotient is NaN, or Inf where the lint
 * (division-by-zero) asks for the guard. What is before it is changed like all else.
 */
function isDivisorGuard({ node, name }: SyntaxNodeRef): boolean {
  const comparison = node.parent;
  const isPart = name === "Gtr" || (name === "NumberDurationLiteral" && node.prevSibling?.name === "Gtr");
  if (!isPart || comparison?.parent?.name !== "ParenExpr") return false;
  let before = comparison.parent.prevSibling;
  if (before?.name === "MatchingModifierClause") before = before.prevSibling;
  return before?.name === "Div";
}

/** `vector(1)` fires whatever its number is, and nothing shows the number. */
function isConstantAlert({ alert, expr }: Rule): boolean {
  return alert !== undefined && /^vector\(\d+\)$/.test(expr);
}

type Replacement = readonly [kind: MutationKind, text: string];

const comparisons: Readonly<Record<string, readonly string[]>> = {
  ">": [">=", "<"],
  ">=": [">", "<"],
  "<": ["<=", ">"],
  "<=": ["<", ">"],
  "==": ["!="],
};

const operators: Readonly<Record<string, readonly string[]>> = {
  "+": ["-"],
  "-": ["+"],
  "*": ["/"],
  "/": ["*"],
  and: ["unless", "or"],
  unless: ["and"],
  or: ["and"],
};

const negations: Readonly<Record<string, string>> = { "=": "!=", "=~": "!~", "!~": "=~", "!=": "=" };

const aggregations: Readonly<Record<string, string>> = {
  sum: "max",
  max: "min",
  min: "max",
  avg: "max",
  min_over_time: "max_over_time",
  max_over_time: "min_over_time",
};

function replacementsFor(node: SyntaxNodeRef, text: string): readonly Replacement[] {
  const parent = node.node.parent?.name;
  switch (node.name) {
    case "NumberDurationLiteral":
      return numbersBeside(Number(text)).map((value) => ["threshold", value]);
    case "NumberDurationLiteralInDurationContext":
      return [2, 0.5].map((factor) => ["window", scaleSpan(text, factor)]);
    case "MatchOp":
      return [["label", negations[text]!]];
    case "LabelName":
      return parent === "GroupingLabels" && node.node.parent?.getChildren("LabelName").length === 1
        ? [["label", ""]]
        : [];
    case "GroupingLabels":
      return withoutEach(text).map((labels) => ["label", labels]);
    default:
      return operatorReplacements(parent, text);
  }
}

function operatorReplacements(parent: string | undefined, text: string): readonly Replacement[] {
  if (parent === "BinaryExpr") {
    return [
      ...(comparisons[text] ?? []).map((other): Replacement => ["comparison", other]),
      ...(operators[text] ?? []).map((other): Replacement => ["operator", other]),
    ];
  }
  const isName = parent === "AggregateOp" || parent === "FunctionIdentifier";
  return isName && aggregations[text] !== undefined ? [["aggregation", aggregations[text]]] : [];
}

/** A tenth more and less; whole steps for small counts, where a tenth is nothing. */
function numbersBeside(value: number): readonly string[] {
  if (Number.isInteger(value) && Math.abs(value) <= 5) return [String(value + 1), String(value - 1)];
  return [1.1, 0.9].map((factor) => String(Number((value * factor).toPrecision(12))));
}

/** `(a, b)` without a, and without b. */
function withoutEach(text: string): readonly string[] {
  const labels = text
    .slice(1, -1)
    .split(",")
    .map((label) => label.trim());
  if (labels.length < 2) return [];
  return labels.map((_, index) => `(${labels.filter((_, other) => other !== index).join(", ")})`);
}

function scaleSpan(span: string, factor: number): string {
  const [, count = "0", unit = "m"] = /^(\d+)([smhd])$/.exec(span) ?? [];
  const seconds = Number(count) * { s: 1, m: 60, h: 3600, d: 86_400 }[unit as "s" | "m" | "h" | "d"] * factor;
  return `${seconds}s`;
}
