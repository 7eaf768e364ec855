/** Timing for methods and functions: a decorator and a plain wrapper. Neither keeps arguments or results. */
import type { PerformanceMonitor } from "./performance-monitor.ts";

/** An object whose decorated methods are timed, as long as it has a monitor. */
export interface Monitored {
  readonly performanceMonitor?: PerformanceMonitor | undefined;
}

type Method<This, Args extends unknown[], Result> = (this: This, ...args: Args) => Result;

/** As compilers call it: by ECMAScript's decorators, and by TypeScript's older ones (`experimentalDecorators`). */
export interface MethodTimer {
  <This extends object, Args extends unknown[], Result>(
    method: Method<This, Args, Result>,
    context: ClassMethodDecoratorContext<This, Method<This, Args, Result>>,
  ): Method<This, Args, Result>;
  (target: object, name: string | symbol, descriptor: PropertyDescriptor): void;
}

/**
 * Method decorator: times each call under `operation`, `Class.method` unless told otherwise. The object's own
 * `performanceMonitor` keeps the figures, else the global one of that name; without either the method runs as it is.
 */
export function MonitorPerformance(operation?: string): MethodTimer {
  function decorate<Args extends unknown[], Result>(
    method: Method<Monitored, Args, Result> | object,
    about: ClassMethodDecoratorContext | string | symbol,
    descriptor?: PropertyDescriptor,
  ): Method<Monitored, Args, Result> | undefined {
    if (typeof about === "object") return timed(method as Method<Monitored, Args, Result>, about.name, operation);
    if (descriptor !== undefined) {
      descriptor.value = timed(descriptor.value as Method<Monitored, Args, Result>, about, operation);
    }
    return undefined;
  }
  return decorate as MethodTimer;
}

function timed<Args extends unknown[], Result>(
  method: Method<Monitored, Args, Result>,
  name: string | symbol,
  operation: string | undefined,
): Method<Monitored, Args, Result> {
  return function run(...args) {
    const monitor = this.performanceMonitor ?? (globalThis as Monitored).performanceMonitor;
    if (monitor === undefined) return method.apply(this, args);
    return timeCall(monitor, operation ?? `${className(this)}.${String(name)}`, () => method.apply(this, args));
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
