import { expect, test } from "vitest";
import { Parts, type Rendered } from "../../../src/page/parts.ts";

const rendered = (parts: Readonly<Record<string, string>>, title = "t"): Rendered => ({
  at: 1,
  size: "few",
  title,
  parts: new Map(Object.entries(parts)),
  order: Object.keys(parts),
});
/** What an event tells of parts. */
const told = (event: Uint8Array): Record<string, unknown> =>
  JSON.parse(/^data: (.*)$/m.exec(Buffer.from(event).toString())?.[1] ?? "");

test("who is behind is told what has changed since, and nothing else", () => {
  const parts = new Parts("e");
  parts.update(rendered({ a: "1", b: "1" }));
  const seen = parts.version;
  parts.update(rendered({ a: "1", b: "2" }));
  expect(told(parts.since(seen))).toEqual({ at: 1, parts: { b: "2" } });
  expect(told(parts.since(0))).toMatchObject({ parts: { a: "1", b: "2" }, order: ["a", "b"] });
});

test("what is the same is no new version", () => {
  const parts = new Parts("e");
  parts.update(rendered({ a: "1" }));
  const { tag } = parts;
  parts.update({ ...rendered({ a: "1" }), at: 2 });
  expect(parts.tag).toBe(tag);
});

test("another order or title is told, and so is that one has gone", () => {
  const parts = new Parts("e");
  parts.update(rendered({ a: "1", b: "1" }));
  const seen = parts.version;
  parts.update(rendered({ b: "1" }, "other"));
  expect(told(parts.since(seen))).toEqual({ at: 1, parts: {}, title: "other", order: ["b"] });
});

test("all who are equally behind have the same bytes", () => {
  const parts = new Parts("e");
  parts.update(rendered({ a: "1" }));
  expect(parts.since(0)).toBe(parts.since(0));
});

test.for([
  ["of this start", "e.1", 1],
  ["of another start", "f.1", 0],
  ["of nothing", "", 0],
  ["that is not yet", "e.99", 1],
  ["that is no number", "e.1e9", 0],
] as const)("a tag %s", ([, tag, version]) => {
  const parts = new Parts("e");
  parts.update(rendered({ a: "1" }));
  expect(parts.versionOf(tag)).toBe(version);
});
