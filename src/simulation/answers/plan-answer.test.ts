import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { assert as check, integer, property, string } from "fast-check";
import { limitAnswer, planAnswer } from "./plan-answer.ts";
import { withoutReminders } from "./prompt.ts";
import type { Prompt, PromptTurn } from "./prompt.ts";
import { createRandom } from "../random.ts";
import { charsPerToken } from "./tokens.ts";

const bash = {
  name: "Bash",
  schema: { type: "object", properties: { command: { type: "string" } }, required: ["command"] },
};

function prompt(question: string, more: Partial<Prompt> = {}): Prompt {
  return {
    model: "m",
    isStream: false,
    turns: [user(question)],
    segments: [],
    tools: [bash],
    toolChoice: { kind: "auto" },
    hasParallelCalls: true,
    maxOutputTokens: null,
    stopSequences: [],
    isThinking: false,
    outputSchema: null,
    ...more,
  };
}

function user(text: string, toolResults: string[] = []): PromptTurn {
  return { role: "user", text, toolCallCount: 0, toolResults };
}

const call: PromptTurn = { role: "assistant", text: "", toolCallCount: 1, toolResults: [] };
const plan = (asked: Prompt) => planAnswer(asked, createRandom(1), null);

describe("an answer", () => {
  test("is the same for the same prompt and seed", () => {
    assert.deepEqual(plan(prompt("Why?")), plan(prompt("Why?")));
  });

  test("calls the tool that the person names, with what stands between backticks", () => {
    const answer = plan(prompt("Please use the Bash tool to run `ls -l`."));
    assert.equal(answer.finish, "tool");
    assert.deepEqual(answer.parts.at(-1), { kind: "call", name: "Bash", inputJson: '{"command":"ls -l"}' });
  });

  test("is text that quotes the tool's result, once it is there", () => {
    const turns = [user("Use the Bash tool"), call, user("", ["total 3"])];
    const answer = plan(prompt("", { turns }));
    assert.equal(answer.finish, "end");
    assert.match(JSON.stringify(answer.parts), /The tool answered: total 3/);
  });

  test("quotes all results of parallel calls, in one message or in one each", () => {
    for (const results of [[user("", ["one", "two"])], [user("", ["one"]), user("", ["two"])]]) {
      const { parts } = plan(prompt("", { turns: [user("Use the Bash tool"), call, ...results] }));
      assert.match(JSON.stringify(parts), /The tool answered: one.+two/);
    }
  });

  test("takes no reminder of a client or gateway for the person's question", () => {
    const wrapped = "<system>\nUse Agent.\n</system><system-reminder>Use Read</system-reminder>";
    assert.equal(withoutReminders(`${wrapped} Hello`), "Hello");
    const turns = [user("Use the Bash tool"), user(withoutReminders(wrapped))];
    assert.equal(plan(prompt("", { turns })).finish, "tool");
  });

  test("goes through a script's turns one by one, not into an earlier question's", () => {
    const script = '[[tool:Bash {"command":"a"}]] [[tool:Bash {"command":"b"}]]';
    const earlier = [user("[[tool:Bash]]"), call, user("", ["x"]), { ...call, toolCallCount: 0, text: "done" }];
    const finishes = [[], [call, user("", ["1"])], [call, user("", ["1"]), call, user("", ["2"])]].map((since) =>
      plan(prompt("", { turns: [...earlier, user(script), ...since] })).parts.at(-1),
    );
    assert.deepEqual(finishes[0], { kind: "call", name: "Bash", inputJson: '{"command":"a"}' });
    assert.deepEqual(finishes[1], { kind: "call", name: "Bash", inputJson: '{"command":"b"}' });
    assert.equal(finishes[2]?.kind, "text");
  });

  test("obeys a forced choice and a forbidden one", () => {
    assert.equal(plan(prompt("Hi", { toolChoice: { kind: "named", name: "Bash" } })).finish, "tool");
    assert.equal(plan(prompt("Use Bash", { toolChoice: { kind: "none" } })).finish, "end");
  });

  test("makes one call at a time where parallel ones are off", () => {
    const asked = prompt("[[tool:Bash]]&[[tool:Bash]]", { hasParallelCalls: false });
    assert.equal(plan(asked).parts.filter((part) => part.kind === "call").length, 1);
  });

  test("matches the schema that it is given", () => {
    const outputSchema = {
      type: "object",
      properties: { name: { type: "string" }, kind: { enum: ["a", "b"] }, count: { type: "integer", minimum: 3 } },
      required: ["name", "kind", "count"],
    };
    const [part] = plan(prompt("Fill in `Ada`", { outputSchema, tools: [] })).parts;
    assert.ok(part?.kind === "text");
    assert.deepEqual(JSON.parse(part.text), { name: "Ada", kind: "a", count: 3 });
  });

  test("never passes its token limit, and says so when it is cut", () => {
    check(
      property(integer({ min: 1, max: 60 }), string({ maxLength: 200 }), (limit, text) => {
        const answer = limitAnswer(
          [
            { kind: "thought", text: "abc" },
            { kind: "text", text },
          ],
          limit,
          [],
        );
        const length = answer.parts.reduce((sum, part) => sum + (part.kind === "call" ? 0 : part.text.length), 0);
        assert.ok(length <= limit * charsPerToken);
        assert.equal(answer.finish, 3 + text.length > Math.floor(limit * charsPerToken) ? "length" : "end");
      }),
    );
  });

  test("ends before the first stop sequence", () => {
    const answer = limitAnswer([{ kind: "text", text: "one END two STOP" }], null, ["STOP", "END"]);
    assert.deepEqual(answer.parts, [{ kind: "text", text: "one " }]);
    assert.equal(answer.stopSequence, "END");
  });
});
