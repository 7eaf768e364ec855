/** Whether a router answers at an address, and which. */
import { toJsonObject, toText } from "../core/json/json.ts";

const patienceMs = 1_000;

/** `pid 7, version 1.0.0`: what the router at `url` says of itself; null where none answers there. Never rejects. */
export async function routerAt(url: string): Promise<string | null> {
  try {
    const answer = await fetch(`${url}/livez`, { signal: AbortSignal.timeout(patienceMs) });
    const { program, pid, version } = toJsonObject(await answer.json());
    return program === "claude-code-router" ? `pid ${Number(pid)}, version ${toText(version)}` : null;
  } catch {
    return null;
  }
}
