import assert from "node:assert/strict";
import { test } from "node:test";
import { foldSystemMessages } from "./fold-system-messages.ts";

const user = (text: string) => ({ role: "user", content: text });
const textBlock = (text: string) => ({ type: "text", text });

test("system messages become marked text in their place, joined to the user's turns beside them", () => {
  const body = {
    model: "m",
    messages: [
      user("a"),
      { role: "system", content: [textBlock("be brief"), textBlock("be kind")] },
      { role: "assistant", content: "b" },
      { role: "system", content: "now stop" },
      user("c"),
    ],
  };
  assert.deepEqual(foldSystemMessages(body).messages, [
    { role: "user", content: [textBlock("a"), textBlock("<system>\nbe brief\nbe kind\n</system>")] },
    { role: "assistant", content: "b" },
    { role: "user", content: [textBlock("<system>\nnow stop\n</system>"), textBlock("c")] },
  ]);
});

test("messages without text, and those for a turn that is over, leave nothing", () => {
  const body = {
    messages: [
      user("a"),
      { role: "system", content: "for that turn", clear_at: "next_user_message" },
      { role: "assistant", content: "b" },
      user("c"),
      { role: "system", output_config: { effort: "low" } },
    ],
  };
  assert.deepEqual(foldSystemMessages(body).messages, [user("a"), { role: "assistant", content: "b" }, user("c")]);
});

test("a request without them is the same object", () => {
  const body = { messages: [user("the word system in a text")] };
  assert.equal(foldSystemMessages(body), body);
});

test("a run of very many messages takes no time that grows with its square", () => {
  const messages = Array.from({ length: 100_000 }, (_, place) => ({
    role: place % 2 ? "system" : "user",
    content: "a",
  }));
  const startedAt = performance.now();
  const folded = foldSystemMessages({ messages }).messages as { content: object[] }[];
  assert.ok(performance.now() - startedAt < 5_000);
  assert.equal(folded[0]!.content.length, messages.length);
});
