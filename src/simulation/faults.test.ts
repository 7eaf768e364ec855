import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { describe, test } from "node:test";
import { toJsonObject } from "../core/json/json.ts";
import { openStream } from "../../test/kit/sse-client.ts";
import { waitUntil } from "../../test/kit/wait-until.ts";
import type { Fault } from "./behaviour.ts";
import { anthropicVersion, bodyOf, start, stream, urlOf } from "./test-provider.ts";

describe("a fault", () => {
  const ends: readonly [Fault, "whole" | "broken", (events: number) => boolean][] = [
    [{ kind: "cut", afterFrames: 5 }, "broken", (events) => events === 5],
    [{ kind: "reset", afterFrames: 5 }, "broken", (events) => events <= 5],
    [{ kind: "early-end", afterFrames: 5 }, "whole", (events) => events === 5],
    [{ kind: "error-event", afterFrames: 0, status: 529 }, "whole", (events) => events === 1],
    [{ kind: "malformed", afterFrames: 3 }, "whole", (events) => events > 5],
    [{ kind: "slow-bytes", bytesPerSecond: 200_000 }, "whole", (events) => events > 5],
    [{ kind: "huge", bytes: 300_000 }, "whole", (events) => events > 1000],
    [{ kind: "html" }, "whole", (events) => events === 0],
    [{ kind: "http-1.0" }, "whole", (events) => events > 5],
  ];
  for (const kind of ["anthropic", "openai"] as const) {
    for (const [fault, end, fits] of ends) {
      test(`${fault.kind} ends a stream of ${kind} as it says, and only the one it was meant for`, async (t) => {
        const provider = await start(t, kind);
        provider.behaveNext({ fault });
        const answer = await stream(provider);
        assert.equal(answer.status, 200);
        assert.equal(await answer.ended, end);
        assert.ok(fits(answer.events.length), `${answer.events.length} events`);
        const next = await stream(provider);
        assert.equal(await next.ended, "whole");
        const last = next.events.at(-1);
        assert.ok(last?.event === "message_stop" || last?.data === "[DONE]");
        assert.equal(provider.aborted.length, 0, "its own ends are no aborts");
      });
    }
  }

  for (const fault of [{ kind: "headers-only" }, { kind: "stall", afterFrames: 4 }] satisfies Fault[]) {
    test(`${fault.kind} leaves the socket open and silent`, async (t) => {
      const provider = await start(t, "anthropic", { fault });
      const answer = await stream(provider);
      assert.equal(answer.status, 200);
      await waitUntil("what comes has come", () => answer.events.length >= (fault.kind === "stall" ? 4 : 0));
      assert.equal(provider.counts().running, 1);
      answer.leave();
      await waitUntil("it is noticed", () => provider.counts().running === 0);
      assert.equal(answer.events.length, fault.kind === "stall" ? 4 : 0);
    });
  }

  test("hang sends no headers; a reset before them breaks the request", async (t) => {
    const provider = await start(t, "openai");
    provider.behaveNext({ fault: { kind: "hang" } });
    const leave = new AbortController();
    const pending = fetch(urlOf(provider), { method: "POST", body: "{}", signal: leave.signal });
    await waitUntil("it arrives", () => provider.counts().running === 1);
    leave.abort();
    await assert.rejects(pending);
    provider.behaveNext({ fault: { kind: "reset", afterFrames: null } });
    await assert.rejects(stream(provider), /ECONNRESET|socket hang up/);
  });

  test("two-answers writes two whole answers to one request", async (t) => {
    const provider = await start(t, "openai", { fault: { kind: "two-answers" } });
    const socket = connect(provider.port, "127.0.0.1");
    const body = JSON.stringify(bodyOf(provider, "Hi"));
    socket.write(`POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    let text = "";
    socket.on("data", (chunk) => (text += String(chunk)));
    await once(socket, "close");
    assert.equal(text.split("HTTP/1.1 200 OK").length - 1, 2);
  });

  test("error-event with 529 is the provider's own word for too busy, in a whole answer as in a stream", async (t) => {
    for (const kind of ["anthropic", "openai"] as const) {
      const fault = { kind: "error-event", afterFrames: 0, status: 529 } as const;
      const provider = await start(t, kind, { fault });
      const streamed = await stream(provider);
      await streamed.ended;
      const whole = await openStream(urlOf(provider), bodyOf(provider, "Hi"), anthropicVersion);
      assert.equal(await whole.ended, "whole");
      const errorIn = (text: string): unknown => toJsonObject(JSON.parse(text))["error"];
      assert.deepEqual(errorIn(whole.text()), errorIn(streamed.events[0]!.data));
    }
  });

  test("cut leaves half of a whole answer, under the length of all of it", async (t) => {
    const provider = await start(t, "anthropic", { fault: { kind: "cut", afterFrames: 0 } });
    const answer = await openStream(urlOf(provider), bodyOf(provider, "Hi"), anthropicVersion);
    assert.equal(await answer.ended, "broken");
    assert.equal(answer.text().length, Math.floor(Number(answer.headers["content-length"]) / 2));
  });
});
