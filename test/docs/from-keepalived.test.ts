/** docs/from-keepalived.md has each word that the import tells of as not ours, and each checker. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as notOurs from "../../src/keepalived/not-ours.ts";
import { checkerNames } from "../../src/keepalived/read/checker.ts";

const page = readFileSync(new URL("../../docs/from-keepalived.md", import.meta.url), "utf8");
const tables = Object.values(notOurs).filter((each) => typeof each === "object");
const words = [...tables.flatMap((table) => Object.keys(table)), ...checkerNames];

test("there are some", () => {
  expect(words.length).toBeGreaterThan(60);
});

test.for(words)("%s is on the page", (word) => {
  expect(page).toContain(`\`${word}`);
});
