import { inspect } from "node:util";
import { expect, test } from "vitest";
import { Secret } from "../../../src/model/secret.ts";

test("a secret shows itself to nobody who does not ask for it by name", () => {
  const passwd = new Secret("hunter2");
  const shown = [String(passwd), `${passwd}`, JSON.stringify({ passwd }), inspect({ passwd })];
  for (const text of shown) {
    expect(text).toContain("[secret]");
    expect(text).not.toContain("hunter2");
  }
  expect(passwd.reveal()).toBe("hunter2");
});
