/** PromQL as values: the syntax tree of Prometheus' own grammar, in the few shapes that checks ask about. */
import type { SyntaxNode } from "@lezer/common";
import { parser } from "@prometheus-io/lezer-promql";

export interface Matcher {
  readonly label: string;
  readonly operator: "=" | "!=" | "=~" | "!~";
  readonly value: string;
}

export type Expression =
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "text" }
  /** `range`: the window of a range vector, such as `5m`. */
  | {
      readonly kind: "selector";
      readonly metric: string;
      readonly matchers: readonly Matcher[];
      readonly range: string | null;
    }
  | { readonly kind: "call"; readonly name: string; readonly args: readonly Expression[] }
  /** `by` null: neither `by` nor `without`, which is `by ()`. */
  | {
      readonly kind: "aggregate";
      readonly operator: string;
      readonly args: readonly Expression[];
      readonly by: { readonly keeps: boolean; readonly labels: readonly string[] } | null;
    }
  | {
      readonly kind: "binary";
      readonly operator: string;
      readonly left: Expression;
      readonly right: Expression;
      /** `on` or `ignoring` with its labels; null: all labels must be the same. */
      readonly matching: { readonly isOn: boolean; readonly labels: readonly string[] } | null;
    }
  | { readonly kind: "subquery"; readonly operand: Expression };

/** Throws SyntaxError. */
export function parseExpression(source: string): Expression {
  const root = parser.parse(source).topNode;
  const cursor = root.cursor();
  do {
    if (cursor.type.isError) throw new SyntaxError(`PromQL ends to make sense at ${cursor.from}: ${source}`);
  } while (cursor.next());
  return toExpression(root.firstChild!, source);
}

/** All expressions within, itself first. */
export function* walk(expression: Expression): Iterable<Expression> {
  yield expression;
  for (const child of childrenOf(expression)) yield* walk(child);
}

function childrenOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case "call":
    case "aggregate":
      return expression.args;
    case "binary":
      return [expression.left, expression.right];
    case "subquery":
      return [expression.operand];
    default:
      return [];
  }
}

function toExpression(node: SyntaxNode, source: string): Expression {
  switch (node.name) {
    case "ParenExpr":
    case "OffsetExpr":
    case "StepInvariantExpr":
      return toExpression(node.firstChild!, source);
    case "NumberDurationLiteral":
      return { kind: "number", value: Number(textOf(node, source)) };
    case "StringLiteral":
      return { kind: "text" };
    case "UnaryExpr":
      return toExpression(node.lastChild!, source);
    case "SubqueryExpr":
      return { kind: "subquery", operand: toExpression(node.firstChild!, source) };
    case "MatrixSelector":
      return { ...toSelector(node.firstChild!, source), range: textOf(node.getChild("DurationExpr")!, source) };
    case "VectorSelector":
      return toSelector(node, source);
    case "FunctionCall":
      return {
        kind: "call",
        name: textOf(node.getChild("FunctionIdentifier")!, source),
        args: toArguments(node, source),
      };
    case "AggregateExpr":
      return toAggregate(node, source);
    case "BinaryExpr":
      return toBinary(node, source);
    default:
      throw new SyntaxError(`no check knows what ${node.name} is: ${textOf(node, source)}`);
  }
}

function toSelector(node: SyntaxNode, source: string): Extract<Expression, { kind: "selector" }> {
  const name = node.getChild("Identifier");
  const matchers = node.getChild("LabelMatchers")?.getChildren("UnquotedLabelMatcher") ?? [];
  return {
    kind: "selector",
    metric: name === null ? "" : textOf(name, source),
    matchers: matchers.map((matcher) => ({
      label: textOf(matcher.getChild("LabelName")!, source),
      operator: textOf(matcher.getChild("MatchOp")!, source) as Matcher["operator"],
      value: textOf(matcher.getChild("StringLiteral")!, source).slice(1, -1),
    })),
    range: null,
  };
}

function toArguments(node: SyntaxNode, source: string): readonly Expression[] {
  const body = node.getChild("FunctionCallBody");
  return childNodes(body).map((child) => toExpression(child, source));
}

function toAggregate(node: SyntaxNode, source: string): Expression {
  const modifier = node.getChild("AggregateModifier");
  return {
    kind: "aggregate",
    operator: textOf(node.getChild("AggregateOp")!, source),
    args: toArguments(node, source),
    by:
      modifier === null ? null : { keeps: modifier.getChild("By") !== null, labels: groupingLabels(modifier, source) },
  };
}

function toBinary(node: SyntaxNode, source: string): Expression {
  const clause = node.getChild("MatchingModifierClause");
  const on = clause?.getChild("On") ?? null;
  const hasLabels = clause !== null && (on !== null || clause.getChild("Ignoring") !== null);
  return {
    kind: "binary",
    operator: textOf(node.firstChild!.nextSibling!, source),
    left: toExpression(node.firstChild!, source),
    right: toExpression(node.lastChild!, source),
    matching: hasLabels ? { isOn: on !== null, labels: groupingLabels(clause, source) } : null,
  };
}

/** The labels in the first parentheses: those of `group_left` come after. */
function groupingLabels(node: SyntaxNode, source: string): readonly string[] {
  const labels = node.getChild("GroupingLabels");
  return (labels?.getChildren("LabelName") ?? []).map((label) => textOf(label, source));
}

function childNodes(node: SyntaxNode | null): readonly SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node?.firstChild ?? null; child !== null; child = child.nextSibling) children.push(child);
  return children;
}

function textOf(node: SyntaxNode, source: string): string {
  return source.slice(node.from, node.to);
}
