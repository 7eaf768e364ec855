/**
 * What is wrong with an expression by itself.
 *
 * Each part of it is judged together with its labels: which ones its series carry, and which value a matcher or an
 * aggregation has left them. Two sides of an operator whose labels never agree give nothing, silently; this finds them.
 */
import { walk } from "./expression.ts";
import type { Expression, Matcher } from "./expression.ts";
import type { Check } from "./finding.ts";
import { targetLabels } from "./known-metrics.ts";
import type { KnownMetrics } from "./known-metrics.ts";

/** Labels of an expression's series: the one value that each must have, or null. `null` as a whole: a scalar. */
export type Labels = ReadonlyMap<string, string | null> | null;

export type Report = (check: Check, text: string) => void;

const rateFunctions = new Set(["rate", "increase", "irate"]);
/** These count resets or look at a counter as it is, rightly. */
const counterFunctions = new Set([...rateFunctions, "resets", "absent", "absent_over_time", "count_over_time"]);
const scalarFunctions = new Set(["time", "scalar", "pi"]);
const comparisons = new Set([">", ">=", "<", "<=", "==", "!="]);
const setOperators = new Set(["and", "or", "unless"]);

/** Tells `report` everything, and answers which labels the result has. */
export function checkExpression(expression: Expression, known: KnownMetrics, report: Report): Labels {
  return new ExpressionCheck(known, report).labelsOf(expression, null);
}

class ExpressionCheck {
  readonly #known: KnownMetrics;
  readonly #report: Report;

  constructor(known: KnownMetrics, report: Report) {
    this.#known = known;
    this.#report = report;
  }

  /** `caller`: the function whose argument this is. */
  labelsOf(expression: Expression, caller: string | null): Labels {
    switch (expression.kind) {
      case "number":
      case "text":
        return null;
      case "subquery":
        return this.labelsOf(expression.operand, null);
      case "selector":
        return this.#selector(expression, caller);
      case "call":
        return this.#call(expression);
      case "aggregate":
        return this.#aggregate(expression);
      case "binary":
        return this.#binary(expression);
    }
  }

  #selector({ metric, matchers }: Extract<Expression, { kind: "selector" }>, caller: string | null): Labels {
    const definition = this.#known.get(metric);
    if (definition === undefined) {
      this.#report("unknown-metric", `${metric} is shown by nothing`);
      return new Map();
    }
    const counts = definition.type !== "gauge";
    if (counts && !counterFunctions.has(caller ?? "")) {
      this.#report("counter-without-rate", `${metric} only ever grows: take its rate() or increase()`);
    }
    if (!counts && rateFunctions.has(caller ?? "")) {
      this.#report("rate-of-gauge", `${metric} is a gauge: ${caller}() takes each fall of it for a restart`);
    }
    if (caller === "irate") this.#report("instant-rate", `irate() looks at two samples only: ${metric}`);
    const names = definition.isRecorded === true ? [] : [...targetLabels];
    const labels = new Map<string, string | null>([...names, ...Object.keys(definition.labels)].map((n) => [n, null]));
    for (const matcher of matchers) this.#matcher(metric, matcher, labels, definition.labels[matcher.label] ?? null);
    return labels;
  }

  #matcher(
    metric: string,
    { label, operator, value }: Matcher,
    labels: Map<string, string | null>,
    values: readonly string[] | null,
  ): void {
    if (!labels.has(label)) {
      this.#report("unknown-label", `${metric} has no label ${label}`);
      return;
    }
    if (operator === "=") labels.set(label, value);
    if (values === null) return;
    const pattern = new RegExp(`^(?:${operator.endsWith("~") ? value : escape(value)})$`);
    if (!values.some((candidate) => pattern.test(candidate))) {
      this.#report("unknown-label-value", `${label} of ${metric} is never ${value}`);
    }
  }

  #call({ name, args }: Extract<Expression, { kind: "call" }>): Labels {
    if (name === "histogram_quantile") this.#quantile(args[1]);
    const labels = args.map((argument) => this.labelsOf(argument, name)).find((found) => found !== null) ?? null;
    if (scalarFunctions.has(name)) return null;
    if (name === "vector") return new Map();
    // absent() has the labels that its matchers name, and no others.
    if (name === "absent") return new Map([...(labels ?? [])].filter(([, value]) => value !== null));
    if (name === "histogram_quantile") return new Map([...(labels ?? [])].filter(([label]) => label !== "le"));
    return labels;
  }

  #quantile(argument: Expression | undefined): void {
    const isSummed = argument?.kind === "aggregate" && argument.by?.keeps === true && argument.by.labels.includes("le");
    if (!isSummed) {
      this.#report("quantile-without-le", "histogram_quantile() of single series: sum by (le, …) first");
    }
  }

  #aggregate({ args, by }: Extract<Expression, { kind: "aggregate" }>): Labels {
    const labels = args.map((argument) => this.labelsOf(argument, null)).find((found) => found !== null) ?? new Map();
    if (by === null) return new Map();
    for (const label of by.labels) {
      if (!labels.has(label)) this.#report("unknown-label", `nothing within has a label ${label}`);
    }
    return new Map([...labels].filter(([label]) => by.labels.includes(label) === by.keeps));
  }

  #binary(expression: Extract<Expression, { kind: "binary" }>): Labels {
    const { operator, left, right, matching } = expression;
    const [leftLabels, rightLabels] = [this.labelsOf(left, null), this.labelsOf(right, null)];
    if (operator === "/" && canBeZero(right)) {
      this.#report("division-by-zero", "the divisor can be 0: divide by (… > 0)");
    }
    if (comparisons.has(operator)) this.#comparison(operator, left, right);
    if (leftLabels === null) return rightLabels;
    if (rightLabels === null) return leftLabels;
    if (operator !== "or") this.#checkMatch(leftLabels, rightLabels, matching);
    if (matching === null || setOperators.has(operator)) return leftLabels;
    return new Map([...leftLabels].filter(([label]) => matching.labels.includes(label) === matching.isOn));
  }

  #checkMatch(
    left: ReadonlyMap<string, string | null>,
    right: ReadonlyMap<string, string | null>,
    matching: { readonly isOn: boolean; readonly labels: readonly string[] } | null,
  ): void {
    const all = new Set([...left.keys(), ...right.keys()]);
    const compared = [...all].filter((label) => matching === null || matching.labels.includes(label) === matching.isOn);
    for (const label of compared) {
      const [a, b] = [left.get(label), right.get(label)];
      if (a === undefined || b === undefined) {
        this.#report("labels-cannot-match", `only one side has the label ${label}`);
      } else if (a !== null && b !== null && a !== b) {
        this.#report("labels-cannot-match", `${label} is ${a} on the left and ${b} on the right`);
      }
    }
  }

  #comparison(operator: string, left: Expression, right: Expression): void {
    if (right.kind !== "number") return;
    const bucket = left.kind === "call" && left.name === "histogram_quantile" ? this.#largestBucket(left) : null;
    if (bucket !== null && operator.startsWith(">") && right.value >= bucket) {
      this.#report("beyond-largest-bucket", `a quantile never passes the largest bucket, ${bucket}`);
    }
    const isRate = left.kind === "call" && rateFunctions.has(left.name);
    if (isRate && right.value > 0) {
      this.#report("rate-of-single-series", "each series is compared by itself: sum, and divide or convert, first");
    }
  }

  #largestBucket(call: Expression): number | null {
    for (const part of walk(call)) {
      if (part.kind === "selector") return this.#known.get(part.metric)?.largestBucket ?? null;
    }
    return null;
  }
}

function canBeZero(divisor: Expression): boolean {
  if (divisor.kind === "number") return divisor.value === 0;
  const isFiltered = divisor.kind === "binary" && divisor.right.kind === "number" && divisor.right.value >= 0;
  return !(isFiltered && (divisor.operator === ">" || (divisor.operator === "!=" && divisor.right.value === 0)));
}

function escape(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
