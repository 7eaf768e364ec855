/** What must be ended or removed after a trial, the last thing first. */
import type { CleansUp } from "../kit/temporary-folder.ts";

export class Cleaners implements CleansUp {
  readonly #cleaners: (() => void | Promise<void>)[] = [];

  after(clean: () => void | Promise<void>): void {
    this.#cleaners.push(clean);
  }

  /** Runs them all, whatever fails among them; the first failure is thrown at the end. */
  async clean(): Promise<void> {
    const failures: unknown[] = [];
    for (const clean of this.#cleaners.splice(0).reverse()) {
      try {
        await clean();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
