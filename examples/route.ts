/** Rules of your own: `routing.module: ./route.ts` in ccr.yaml. The router itself answers to the name that is imported here. */
import { defineRoute } from "claude-code-router-ops";
import type { RouteFunction } from "claude-code-router-ops";

const route: RouteFunction = defineRoute((call) => {
  // Long conversations of interns go to the model with the large context that is cheap.
  if (call.caller.team === "interns" && call.inputTokens() > 50_000) {
    return { to: "gemini/gemini-3.8-flash", reason: "long and from an intern" };
  }
  // A file that must not leave the house goes to the machine in it.
  if (call.header("x-confidential") === "yes") return { to: "ollama/qwen3-coder", reason: "confidential" };
  return null;
});

export default route;
