import assert from "node:assert/strict";
import { test } from "node:test";
import { toJsonArray, toJsonObject } from "../core/json/json.ts";
import type { JsonObject } from "../core/json/json.ts";
import { loadRecorded, skipReason } from "../../test/conformance/oracle.ts";
import { countRequestTokens, estimateTokensFromBytes } from "./count-tokens.ts";
import { imageTokens, readImageSize } from "./count-tokens/image-tokens.ts";
import { countTexts, maxExactCharacters } from "./count-tokens/tokenizer.ts";

/** Requests whose count a tokenizer can know: no images, no tools of the provider's own. */
function isCountable(request: JsonObject): boolean {
  const tools = toJsonArray(request["tools"]).map(toJsonObject);
  const hasServerTools = tools.some(
    (tool) => tool["type"] !== undefined && tool["type"] !== "custom" && tool["type"] !== "function",
  );
  return (
    !hasServerTools &&
    !JSON.stringify(request).match(/"image_url"|"server_tool_use"|"allowed_callers"|web_search_options/)
  );
}

interface Counted {
  readonly id: string;
  readonly own: number;
  readonly provider: number;
}

async function countRecorded(protocol: "anthropic" | "openai"): Promise<Counted[]> {
  const counted: Counted[] = [];
  for (const { id, request, status, expected } of loadRecorded(protocol)) {
    if (request === null || status !== 200 || !isCountable(request)) continue;
    const usage = toJsonObject(expected["usage"]);
    const provider = ["input", "cache_read", "cache_write"].reduce(
      (total, name) => total + Number(usage[name] ?? 0),
      0,
    );
    const model = typeof request["model"] === "string" ? request["model"] : "";
    if (provider > 0) counted.push({ id, provider, own: await countRequestTokens(request, model) });
  }
  return counted;
}

function meanError(counted: readonly Counted[]): number {
  return counted.reduce((total, { own, provider }) => total + Math.abs(own - provider) / provider, 0) / counted.length;
}

for (const [protocol, most, bound] of [
  ["anthropic", 0.1, 0.02],
  ["openai", 0.2, 0.06],
] as const) {
  test(
    `the mean error against ${protocol} providers' own counts is at most ${bound * 100} percent`,
    { skip: skipReason },
    async (context) => {
      const counted = await countRecorded(protocol);
      assert.ok(counted.length >= 10);
      context.diagnostic(`${counted.length} requests, mean error ${(meanError(counted) * 100).toFixed(1)} percent`);
      assert.ok(meanError(counted) <= bound, `${meanError(counted)}`);
      for (const { id, own, provider } of counted) {
        assert.ok(Math.abs(own - provider) / provider <= most, `${id}: ${own} for ${provider}`);
      }
    },
  );
}

const prose = "The quick brown fox jumps over the lazy dog, and then it rests.\nconst x = await load(path);\n";

test("both dialects of one conversation count alike", async () => {
  const anthropic = { system: prose, messages: [{ role: "user", content: [{ type: "text", text: prose }] }] };
  const openAi = {
    messages: [
      { role: "system", content: prose },
      { role: "user", content: prose },
    ],
  };
  const counts = [
    await countRequestTokens(anthropic, "claude-sonnet-4-5"),
    await countRequestTokens(openAi, "claude-sonnet-4-5"),
  ];
  assert.ok(Math.abs(counts[0]! - counts[1]!) <= 5, counts.join(" and "));
});

test("current Claude models count some 30 percent more than earlier ones", async () => {
  const body = { messages: [{ role: "user", content: prose.repeat(50) }] };
  const ratio =
    (await countRequestTokens(body, "claude-opus-5-5")) / (await countRequestTokens(body, "claude-haiku-4-5"));
  assert.ok(ratio > 1.25 && ratio < 1.35, String(ratio));
});

test("a megabyte is sampled: the count stays within 3 percent, the tokenizer sees no more than its share", async () => {
  const texts = Array.from({ length: 200 }, (_, index) =>
    index % 2 === 0 ? prose.repeat(60) : `${JSON.stringify({ index, prose })}\n`.repeat(40),
  );
  let seen = 0;
  const countWords = (text: string): number => {
    seen += text.length;
    return text.split(/\W+/).length;
  };
  const whole = texts.reduce((total, text) => total + text.split(/\W+/).length, 0);
  const sampled = countTexts(texts, countWords);
  assert.ok(Math.abs(sampled - whole) / whole < 0.03, `${sampled} for ${whole}`);
  assert.ok(seen <= maxExactCharacters, String(seen));
});

test("text without a break reaches the tokenizer in short pieces", () => {
  let longest = 0;
  const countText = (text: string): number => {
    longest = Math.max(longest, text.length);
    return text.length;
  };
  for (const text of ["a".repeat(5_000), " ".repeat(5_000), "字".repeat(5_000)]) {
    assert.equal(countTexts([text], countText), 5_000);
  }
  assert.ok(longest <= 200, String(longest));
});

test("text that looks like a control token is counted as text", async () => {
  const body = { messages: [{ role: "user", content: "<|endoftext|> <|im_start|>" }] };
  assert.ok((await countRequestTokens(body, "gpt-5")) > 6);
});

test("images count by their size, read from the data, up to the family's most", () => {
  const png = Buffer.alloc(64);
  png.writeUInt32BE(0x89504e47, 0);
  png.writeUInt32BE(1000, 16);
  png.writeUInt32BE(750, 20);
  assert.equal(imageTokens(png.toString("base64"), 1_600), 1_000);
  png.writeUInt32BE(100_000, 20);
  assert.equal(imageTokens(png.toString("base64"), 1_600), 1_600);
  assert.equal(imageTokens(null, 4_784), 1_600);
  assert.equal(imageTokens("bm8gaW1hZ2U=", 4_784), 1_600);
});

test("the size of each image format is found", () => {
  const jpeg = Buffer.alloc(64);
  jpeg.set([0xff, 0xd8, 0xff, 0xe0, 0, 16], 0);
  jpeg.set([0xff, 0xc2, 0, 17, 8, 0x01, 0x02, 0x03, 0x04], 20);
  assert.deepEqual(readImageSize(jpeg), { width: 0x0304, height: 0x0102 });
  const gif = Buffer.alloc(64);
  gif.write("GIF89a");
  gif.writeUInt16LE(300, 6);
  gif.writeUInt16LE(200, 8);
  assert.deepEqual(readImageSize(gif), { width: 300, height: 200 });
  const webp = Buffer.alloc(64);
  webp.write("RIFF....WEBPVP8X");
  webp.writeUIntLE(799, 24, 3);
  webp.writeUIntLE(599, 27, 3);
  assert.deepEqual(readImageSize(webp), { width: 800, height: 600 });
});

test("bytes alone err on the high side where no model is named", () => {
  assert.equal(estimateTokensFromBytes(0), 0);
  assert.ok(estimateTokensFromBytes(1_000_000) > estimateTokensFromBytes(1_000_000, "gpt-5"));
  assert.equal(estimateTokensFromBytes(3_400, "claude-haiku-4-5"), 1_000);
});

test("OpenRouter's spelling of a model counts as Anthropic's does", () => {
  for (const [theirs, own] of [
    ["anthropic/claude-opus-4.8", "claude-opus-4-8"],
    ["anthropic/claude-opus-4.6", "claude-opus-4-6"],
    ["anthropic/claude-sonnet-5.5", "claude-sonnet-5-5"],
  ] as const)
    assert.equal(estimateTokensFromBytes(100_000, theirs), estimateTokensFromBytes(100_000, own), theirs);
});
