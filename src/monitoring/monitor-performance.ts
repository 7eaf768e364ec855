/** Timing for methods and functions: a decorator and a plain wrapper. Neither keeps arguments or results. */
import type { PerformanceMonitor } from "./performance-monitor.ts";

/** An object whose decorated methods are timed, as long as it has a monitor. */
export interface Monitored {
  readonly performanceMonitor?: PerformanceMonitor | undefined;
}

/**
 * Method decorator (ECMAScript decorators): times each call under `operation`, `Class.method` unless told otherwise.
 * The object's own `performanceMonitor` keeps the figures; without one the method runs as it is.
 */
export function MonitorPerformance(
  operation?: string,
): <This extends Monitored, Args extends unknown[], Result>(
  method: (this: This, ...args: Args) => Result,
  context: ClassMethodDecoratorContext<This, (this: This, ...args: Args) => Result>,
) => (this: This, ...args: Args) => Result {
  return (method, context) =>
    function timed(...args) {
      const monitor = this.performanceMonitor;
      if (monitor === undefined) return method.apply(this, args);
      return timeCall(monitor, operation ?? `${className(this)}.${String(context.name)}`, () =>
        method.apply(this, args),
      );
    };
}

/** `run`, timed at each call under `operation`. */
export function monitored<Args extends unknown[], Result>(
  monitor: PerformanceMonitor,
  operation: string,
  run: (...args: Args) => Result,
): (...args: Args) => Result {
  return (...args) => timeCall(monitor, operation, () => run(...args));
}

/** Runs and times; a promise is timed until it settles, and a failure counts as any run. */
function timeCall<Result>(monitor: PerformanceMonitor, operation: string, run: () => Result): Result {
  const startMs = performance.now();
  const end = (): void => monitor.observe(operation, performance.now() - startMs);
  let result: Result;
  try {
    result = run();
  } catch (error) {
    end();
    throw error;
  }
  if (!(result instanceof Promise)) {
    end();
    return result;
  }
  // Not `finally` on the promise handed back: that would make a second one, whose rejection nobody handles.
  result.then(end, end);
  return result;
}

function className(object: object): string {
  return object.constructor.name;
}
