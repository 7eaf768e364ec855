import assert from "node:assert/strict";
import { test } from "node:test";
import { catalog } from "../providers/catalog/catalog.ts";
import { knownProviders } from "./known-providers.ts";

const mend = "src/config/known-providers.ts repeats this much of src/providers/catalog/";
const entries = catalog.filter((entry) => entry.kind !== "custom");

test("the kinds that configuration accepts are those of the catalog", () => {
  assert.deepEqual(
    knownProviders.map((provider) => provider.kind).sort(),
    entries.map((entry) => entry.kind).sort(),
    mend,
  );
});

test("the variables that are told to users are those that the catalog reads", () => {
  const known = new Map(knownProviders.map((provider) => [provider.kind, provider]));
  for (const entry of entries)
    assert.deepEqual(known.get(entry.kind)?.keyVariables, entry.keyVariables, `${entry.kind}: ${mend}`);
});

test("addresses of the catalog are recognised by their hosts, with their region", () => {
  const known = new Map(knownProviders.map((provider) => [provider.kind, provider]));
  for (const { kind, root, regions } of entries) {
    const usual = new URL(root ?? "").hostname;
    for (const [region, address] of Object.entries({ ...regions, "": root ?? "" })) {
      const { hostname } = new URL(address);
      if (hostname === "127.0.0.1") continue;
      assert.equal(
        known.get(kind)?.hosts[hostname],
        hostname === usual ? null : region,
        `${kind} ${hostname}: ${mend}`,
      );
    }
  }
});
