/** Simulated providers of a soak run, which go wrong in one way after another. */
import type { Behaviour, Fault } from "../../src/simulation/behaviour.ts";
import { createSimulatedProvider } from "../../src/simulation/create-simulated-provider.ts";
import type { SimulatedProvider } from "../../src/simulation/create-simulated-provider.ts";

export interface SoakProviders {
  readonly anthropic: SimulatedProvider;
  readonly openai: SimulatedProvider;
  close(): Promise<void>;
}

/** Quick answers with a little of everything that real providers do. */
const behaviour: Partial<Behaviour> = {
  tokensPerSecond: 800,
  firstTokenMs: 20,
  jitterRatio: 0.5,
  failures: [
    { status: 429, ratio: 0.001 },
    { status: 500, ratio: 0.005 },
    { status: 529, ratio: 0.005 },
  ],
  isStrict: false,
};

const faults: readonly (Fault | null)[] = [
  null,
  { kind: "cut", afterFrames: 4 },
  { kind: "reset", afterFrames: null },
  { kind: "error-event", afterFrames: 3, status: 529 },
  { kind: "early-end", afterFrames: 3 },
  null,
  { kind: "stall", afterFrames: 2 },
  { kind: "malformed", afterFrames: 2 },
  { kind: "html" },
  { kind: "hang" },
  { kind: "two-answers" },
  { kind: "http-1.0" },
];

/** Starts both; every `faultMs` another fault happens to two in a hundred of their requests. */
export async function startSoakProviders(faultMs: number): Promise<SoakProviders> {
  const [anthropic, openai] = await Promise.all([
    createSimulatedProvider({ kind: "anthropic", behaviour, keepRequests: 1 }),
    createSimulatedProvider({ kind: "openai", behaviour, keepRequests: 1 }),
  ]);
  let turn = 0;
  const timer = setInterval(() => {
    turn++;
    anthropic.behave({ fault: faults[turn % faults.length] ?? null, faultRatio: 0.02 });
    openai.behave({ fault: faults[(turn + 5) % faults.length] ?? null, faultRatio: 0.02 });
  }, faultMs);
  return {
    anthropic,
    openai,
    close: async () => {
      clearInterval(timer);
      await Promise.all([anthropic.close(), openai.close()]);
    },
  };
}
