import { describe, expect, test } from "vitest";
import imap from "../../../checks/imap.ts";
import { Secret } from "../../../src/model/secret.ts";
import { closes, lineServer } from "../../support/servers/line-server.ts";
import { eventually, verdict } from "./probing.ts";

const greeting = "* OK [CAPABILITY IMAP4rev1 LITERAL+] ready";
const logout = [/^c LOGOUT$/, closes("* BYE bye\r\nc OK done")] as const;
const login = { service: "imap", login: "monitor", passwd: new Secret("hunter2") };

test("PREAUTH is up, and takes no login", async () => {
  await using server = await lineServer("* PREAUTH ready", [logout]);
  expect((await verdict(imap, server.endpoint, login)).up).toBe(true);
  expect(await eventually(() => server.heard.length > 0)).toBe(true);
  expect(server.heard).toEqual(["c LOGOUT"]);
});

describe("a login", () => {
  const answering = (answer: string) => lineServer(greeting, [[/^b LOGIN/, answer], logout]);

  test.for([
    ["b NO [AUTHENTICATIONFAILED] no such login", "auth"],
    ["b NO [UNAVAILABLE] the user database is away", "status"],
    ["b BAD not here", "auth"],
    ["* BYE going down", "status"],
    ["+ go on", "protocol"],
    ["hello?", "protocol"],
  ] as const)("answered by %s is down: %s", async ([answer, reason]) => {
    await using server = await answering(answer);
    expect(await verdict(imap, server.endpoint, login)).toMatchObject({ up: false, reason });
  });

  test("the detail of a refusal is the server's words", async () => {
    await using server = await answering("b NO [AUTHENTICATIONFAILED] wrong");
    expect((await verdict(imap, server.endpoint, login)).detail).toBe(
      "LOGIN: NO [AUTHENTICATIONFAILED] wrong",
    );
  });

  test("a server that repeats the password is not quoted", async () => {
    await using server = await answering('b BAD LOGIN "monitor" "hunter2"');
    expect((await verdict(imap, server.endpoint, login)).detail).toBe(
      "LOGIN: (a reply with the password in it)",
    );
  });

  test("what has quotes and backslashes is escaped", async () => {
    await using server = await lineServer(greeting, [[/^b LOGIN/, "b OK"], logout]);
    const odd = { ...login, login: "DOMAIN\\some one", passwd: new Secret('a"b\\') };
    expect((await verdict(imap, server.endpoint, odd)).up).toBe(true);
    expect(server.heard[0]).toBe('b LOGIN "DOMAIN\\\\some one" "a\\"b\\\\"');
  });

  test("what is not ASCII goes as a literal, once the server asks for it", async () => {
    await using server = await lineServer(greeting, [
      [/^b LOGIN \{6\}$/, "+ go on"],
      [/ \{4\}$/, "+"],
      [/^\xc3\xbc\xc3\xbc$/, "b OK"],
      logout,
    ]);
    const odd = { ...login, login: "mülle", passwd: new Secret("üü") };
    expect((await verdict(imap, server.endpoint, odd)).up).toBe(true);
    expect(server.heard.slice(0, 3)).toEqual([
      "b LOGIN {6}",
      "m\xc3\xbclle {4}",
      "\xc3\xbc\xc3\xbc",
    ]);
  });

  test("a literal that is refused", async () => {
    await using server = await lineServer(greeting, [[/\{4\}$/, "b NO not that"]]);
    const odd = { ...login, passwd: new Secret("üü") };
    expect(await verdict(imap, server.endpoint, odd)).toMatchObject({ reason: "auth" });
  });
});
