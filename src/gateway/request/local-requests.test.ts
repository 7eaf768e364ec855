import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { GatewayError } from "../../core/errors/errors.ts";
import { localHosts, refuseForeignRequests } from "./local-requests.ts";

type Headers = Readonly<Record<string, string | undefined>>;

const here = { host: "127.0.0.1:3456" };
const json = { "content-type": "application/json" };

/** Whether a router without keys serves it. */
function isServed(method: string, headers: Headers, trustedHosts: readonly string[] = []): boolean {
  try {
    refuseForeignRequests({ method, header: (name) => ({ ...here, ...headers })[name] }, localHosts(trustedHosts));
    return true;
  } catch (error) {
    assert.ok(error instanceof GatewayError && error.code === "caller_host_refused");
    return false;
  }
}

describe("without keys", () => {
  test("programs are served, whatever they send and by whichever name of this machine", () => {
    for (const host of ["localhost", "127.0.0.1:3456", "[::1]:3456", "LOCALHOST:1", undefined])
      for (const method of ["GET", "POST", "DELETE"]) assert.ok(isServed(method, { host }), host);
    assert.ok(isServed("POST", { "sec-fetch-mode": "cors" }), "Node's fetch names a mode, and no site");
  });

  test("a foreign Host and a foreign or opaque Origin are refused", () => {
    for (const host of ["evil.example", "evil.example:3456", "127.0.0.1.evil.example", "", "10.0.0.7:3456"])
      assert.ok(!isServed("GET", { host }), host);
    for (const origin of [
      "https://evil.example",
      "null",
      "file://",
      "http://localhost.evil.example",
      "http://127.0.0.2",
    ])
      assert.ok(!isServed("POST", { origin, ...json }), origin);
    assert.ok(isServed("GET", { host: "box.lan:3456", origin: "http://box.lan:3456" }, ["Box.lan"]));
  });

  test("pages of the router itself are served, and addresses that somebody types or follows", () => {
    const own = { origin: "http://127.0.0.1:3456", "sec-fetch-site": "same-origin", "sec-fetch-mode": "cors" };
    assert.ok(isServed("POST", own));
    assert.ok(isServed("GET", { "sec-fetch-site": "same-origin", "sec-fetch-mode": "no-cors" }));
    for (const site of ["none", "same-site", "cross-site"])
      assert.ok(
        isServed("GET", { "sec-fetch-site": site, "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" }),
        site,
      );
  });

  for (const site of ["same-site", "cross-site"]) {
    test(`what a ${site} page sends without the browser asking first is refused: images, frames, forms, beacons`, () => {
      const other = { "sec-fetch-site": site };
      const origin = "http://127.0.0.1:8000";
      assert.ok(!isServed("GET", { ...other, "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image" }));
      assert.ok(!isServed("GET", { ...other, "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe" }));
      assert.ok(!isServed("GET", { ...other, origin, "sec-fetch-mode": "websocket" }));
      assert.ok(!isServed("POST", { ...other, origin, "sec-fetch-mode": "no-cors" }));
      for (const type of [
        "text/plain;charset=UTF-8",
        "application/x-www-form-urlencoded",
        "Multipart/Form-Data; boundary=x",
      ]) {
        const form = { ...other, origin, "content-type": type };
        assert.ok(!isServed("POST", { ...form, "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" }), type);
        assert.ok(!isServed("POST", { ...form, "sec-fetch-mode": "cors" }), type);
      }
      assert.ok(!isServed("POST", { ...other, origin, "sec-fetch-mode": "cors" }), "no type at all");
      assert.ok(isServed("POST", { ...other, origin, "sec-fetch-mode": "cors", ...json }), "it was asked for first");
    });
  }

  test("browsers that send no Sec-Fetch-Site are judged by the Origin and its port", () => {
    assert.ok(!isServed("POST", { origin: "http://127.0.0.1:8000", "content-type": "text/plain" }));
    assert.ok(isServed("POST", { origin: "http://127.0.0.1:3456", "content-type": "text/plain" }));
    assert.ok(isServed("POST", { origin: "http://127.0.0.1:8000", ...json }));
  });

  test("whom a proxy on this machine asks for must be this machine too, unless the operator trusts the proxy's name", () => {
    for (const told of [
      "203.0.113.7",
      "127.0.0.1, 203.0.113.7",
      "2001:db8::1",
      "unknown",
      "10.0.0.7:4711",
      "::ffff:10.0.0.7",
    ])
      assert.ok(!isServed("POST", { "x-forwarded-for": told }), told);
    for (const told of ["for=203.0.113.7;proto=https", 'for=127.0.0.1, For="[2001:db8::1]:4711"', "for=_hidden"])
      assert.ok(!isServed("POST", { forwarded: told }), told);
    for (const told of ["127.0.0.1", "::1", "127.0.0.1:4711, [::1]:80", "::ffff:127.0.0.1", "localhost", ""])
      assert.ok(isServed("POST", { "x-forwarded-for": told }), told);
    assert.ok(isServed("POST", { forwarded: 'for="[::1]";host=x, for=127.0.0.1' }));
    assert.ok(!isServed("POST", { host: undefined, "x-forwarded-for": "203.0.113.7" }));
    assert.ok(isServed("POST", { forwarded: "proto=https" }));
    assert.ok(isServed("POST", { host: "box.lan", "x-forwarded-for": "203.0.113.7" }, ["box.lan"]));
  });
});
