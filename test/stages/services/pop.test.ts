import { describe, expect, test } from "vitest";
import { Secret } from "../../../src/model/secret.ts";
import { dovecotsOf, startDovecot } from "./lib/dovecot.ts";
import { probe } from "./lib/probe.ts";

// For APOP and CRAM-MD5 it must know the password itself; of one user it has only a hash.
const { certificates, dovecot } = dovecotsOf({
  users: ["monitor:{PLAIN}hunter2", "hashed:{SHA256}9S+9MrKzuG/4jvbEkGKChfSCrxXdyylUH5S89Saj9sc="],
  mechanisms: "plain cram-md5 apop",
});
const login = { login: "monitor", passwd: new Secret("hunter2") };
const loggedIn = { up: true, detail: "+OK Logged in." };

describe("where the password need not be sent", () => {
  const at = () => ({ address: "127.0.0.1", port: dovecot().pop });
  const methods = (): readonly string[] =>
    [
      ...dovecot()
        .server.output()
        .matchAll(/Login: user=<\w+>, method=([A-Z0-9-]+)/g),
    ].map(([, method]) => method ?? "");

  test("it is APOP", async () => {
    expect(await probe("pop", login, at())).toEqual(loggedIn);
    await expect.poll(() => methods().at(-1)).toBe("APOP");
  });

  test("a server that has only a hash of it is logged in to with the password", async () => {
    const hashed = { ...login, login: "hashed" };
    expect(await probe("pop", hashed, at())).toEqual(loggedIn);
    await expect.poll(() => methods().at(-1)).toBe("PLAIN");
  });

  test("a wrong password is down after all of them", async () => {
    const wrong = { ...login, passwd: new Secret("swordfish") };
    expect(await probe("pop", wrong, at())).toMatchObject({ reason: "auth" });
  });

  test("it is CRAM-MD5 where there is no APOP", async () => {
    await using cram = await startDovecot(certificates, {
      users: ["monitor:{PLAIN}hunter2"],
      mechanisms: "cram-md5",
    });
    const target = { address: "127.0.0.1", port: cram.pop };
    expect(await probe("pop", login, target)).toEqual(loggedIn);
    await expect.poll(() => cram.server.output()).toMatch(/method=CRAM-MD5/);
  });
});
