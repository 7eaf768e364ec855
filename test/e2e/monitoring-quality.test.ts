/** By what the quality of a target is judged: its answers, and feedback on them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { waitUntil } from "../kit/wait-until.ts";
import { ask, bash, post, read, scrape, startMonitoredRouter } from "./monitored-router.ts";
import type { Quality } from "./monitored-router.ts";

for (const [what, model] of [
  ["that passes through", "anthropic/claude-sonnet-4-5"],
  ["that is translated", "openai/gpt-4.1"],
] as const) {
  for (const stream of [true, false]) {
    test(`an answer ${what} is judged by its text and its tools' input (${stream ? "streamed" : "whole"})`, async (t) => {
      const bench = await startMonitoredRouter(t);
      const qualityAfter = async (content: string, count: number): Promise<number> => {
        await ask(bench, model, content, { body: { tools: [bash], stream } });
        const target = await waitUntil("it is judged", async () => {
          const { targets } = await read<Quality>(bench, "/api/quality");
          return targets.find((one) => one.answers > count - 0.5);
        });
        return target.quality;
      };
      const good = await qualityAfter('[[tool:Bash {"command":"ls"}]]', 1);
      const wrongInput = await qualityAfter('[[tool:Bash {"command":5}]]', 2);
      assert.ok(wrongInput < good);
      const loop = await qualityAfter(`[[say:${"again and again, ".repeat(30)}]]`, 3);
      assert.ok(loop < wrongInput + 0.05);
      const refusal = await qualityAfter("[[say:I'm sorry, but I can't help with that.]]", 4);
      assert.ok(refusal < loop);
      const sums = [...(await scrape(bench)).matchAll(/^ccr_response_quality_score_bucket\{.*le="0\.3"\} (\d+)$/gm)];
      assert.equal(
        sums.reduce((sum, [, count]) => sum + Number(count), 0),
        3,
      );
    });
  }
}

test("feedback goes to the target that served the call; what cannot be right is refused in words", async (t) => {
  const bench = await startMonitoredRouter(t);
  const { id } = await ask(bench, "anthropic/claude-sonnet-4-5");
  const given = await waitUntil("the call is known", async () => {
    const answer = await post(bench, "/api/feedback", { request_id: id, score: 0, comment: "wrong file" });
    return answer.ok ? answer : null;
  });
  assert.equal(given.status, 200);
  const body = await read<Quality & { feedback: { comment: string; target: string }[] }>(bench, "/api/quality");
  assert.ok(body.targets[0]!.satisfaction < 0.3);
  assert.equal(body.feedback[0]?.comment, "wrong file");
  assert.equal(body.feedback[0].target, "anthropic/claude-sonnet-4-5");
  assert.equal((await post(bench, "/api/feedback", { request_id: "req_unknown", score: 1 })).status, 404);
  for (const wrong of [{}, { request_id: id }, { request_id: id, score: 7 }, { request_id: id, score: "1" }, []]) {
    assert.equal((await post(bench, "/api/feedback", wrong)).status, 400);
  }
});
