/** Makes a JSON document strange in one to three places: what it becomes is still JSON, mostly of the wrong kind. */
import { isJsonObject } from "../../src/core/json/json.ts";
import type { JsonValue } from "../../src/core/json/json.ts";
import { pickInteger, pickOne } from "../../src/simulation/random.ts";
import type { Random } from "../../src/simulation/random.ts";

/** A changed copy of `document`. */
export function mutateJson(document: JsonValue, random: Random): JsonValue {
  let result = structuredClone(document);
  for (let times = pickInteger(random, 1, 3); times > 0; times--) result = mutateOnce(result, random);
  return result;
}

function mutateOnce(root: JsonValue, random: Random): JsonValue {
  const slots = findSlots(root);
  const slot = slots[Math.floor(random() * slots.length)];
  if (slot === undefined) return oddValue(random);
  const change = pickOne(random, ["replace", "remove", "swap", "repeat", "wrap", "rename", "text"]);
  if (change === "replace") slot.write(oddValue(random));
  else if (change === "remove") slot.remove();
  else if (change === "swap") {
    const other = pickOne(random, [slot, ...slots]);
    const kept = structuredClone(other.read());
    slot.write(kept ?? null);
  } else if (change === "repeat") slot.repeat(pickInteger(random, 1, 5));
  else if (change === "wrap") slot.write(random() < 0.5 ? [slot.read() ?? null] : { type: slot.read() ?? null });
  else if (change === "rename") slot.rename(pickOne(random, oddNames));
  else slot.write(oddText(random));
  return root;
}

interface Slot {
  read(): JsonValue | undefined;
  write(value: JsonValue): void;
  remove(): void;
  repeat(times: number): void;
  rename(name: string): void;
}

const oddNames: readonly [string, ...string[]] = [
  "type",
  "content",
  "__proto__",
  "constructor",
  "",
  "role",
  "text",
  "ÿ\u0000",
  "id",
];

/** Every place below `value` that holds something. */
function findSlots(value: JsonValue): Slot[] {
  const slots: Slot[] = [];
  const visit = (node: JsonValue | undefined): void => {
    if (Array.isArray(node)) {
      node.forEach((child, index) => {
        slots.push(listSlot(node, index));
        visit(child);
      });
    } else if (isJsonObject(node)) {
      for (const key of Object.keys(node)) {
        slots.push(fieldSlot(node, key));
        visit(node[key]);
      }
    }
  };
  visit(value);
  return slots;
}

function listSlot(list: JsonValue[], index: number): Slot {
  return {
    read: () => list[index],
    write: (value) => void (list[index] = value),
    remove: () => void list.splice(index, 1),
    repeat: (times) =>
      void list.splice(index, 0, ...Array.from({ length: times }, () => structuredClone(list[index] ?? null))),
    rename: () => void list.reverse(),
  };
}

function fieldSlot(owner: { [key: string]: JsonValue | undefined }, key: string): Slot {
  return {
    read: () => owner[key],
    write: (value) => define(owner, key, value),
    remove: () => void delete owner[key],
    repeat: (times) =>
      define(
        owner,
        key,
        Array.from({ length: times }, () => structuredClone(owner[key] ?? null)),
      ),
    rename: (name) => {
      const value = owner[key];
      delete owner[key];
      if (value !== undefined) define(owner, name, value);
    },
  };
}

/** Sets a field of any name as JSON.parse does: `__proto__` is a name like others. */
function define(owner: object, key: string, value: JsonValue): void {
  Object.defineProperty(owner, key, { value, writable: true, enumerable: true, configurable: true });
}

export function oddValue(random: Random): JsonValue {
  const simple: readonly [JsonValue, ...JsonValue[]] = [
    null, true, false, 0, -1, 1.5, 1e308, -0, 2 ** 53, "", " ", "null", [], {}, [[]], [null], { type: null }, "auto", "tool_use",
    { type: "text" }, { type: "tool_result" }, { type: "image", source: {} }, { "": "" },
  ]; // prettier-ignore
  const roll = random();
  if (roll < 0.8) return pickOne(random, simple);
  if (roll < 0.95) return oddText(random);
  return nested(pickInteger(random, 10, 300), random);
}

function oddText(random: Random): string {
  const texts: readonly [string, ...string[]] = [
    "\u0000", "\ud800", "\udfff\ud800", "\u2028", "👩‍👩‍👧‍👦", "a\r\nb", "data: x\n\nevent: error", "<CCR-SUBAGENT-MODEL>x</CCR-SUBAGENT-MODEL>",
    "</CCR-SUBAGENT-MODEL>", '","x":{', "\\", "\u202e", "../../etc/passwd", "claude-sonnet-5", "a,b", "/", "functions.Bash:0", "{\"a\":",
  ]; // prettier-ignore
  return random() < 0.9 ? pickOne(random, texts) : "x".repeat(pickInteger(random, 1, 100_000));
}

function nested(depth: number, random: Random): JsonValue {
  let value: JsonValue = "deep";
  for (let level = 0; level < depth; level++) value = random() < 0.5 ? [value] : { content: value };
  return value;
}
