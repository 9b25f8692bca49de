import { describe, expect, test } from "vitest";
import pop from "../../../checks/pop.ts";
import { Secret } from "../../../src/model/secret.ts";
import { closes, lineServer } from "../../support/servers/line-server.ts";
import { eventually, verdict } from "./probing.ts";

const greeting = "+OK POP3 ready";
const quit = [/^QUIT$/, closes("+OK bye")] as const;
const noCapa = [/^CAPA$/, "-ERR unknown command"] as const;
const user = [/^USER monitor$/, "+OK"] as const;
const login = { service: "pop", login: "monitor", passwd: new Secret("tanstaaf") };

describe("how it logs in", () => {
  test("APOP when the greeting has a stamp: the example of RFC 1939 §7", async () => {
    await using server = await lineServer("+OK POP3 <1896.697170952@dbc.mtview.ca.us>", [
      [/^APOP monitor c4c9334bac560ecc979e58001b3e22fb$/, "+OK maildrop has 1 message"],
      quit,
    ]);
    expect((await verdict(pop, server.endpoint, login)).up).toBe(true);
    expect(await eventually(() => server.heard.length === 2)).toBe(true);
    expect(server.heard[1]).toBe("QUIT");
  });

  test("CRAM-MD5 when CAPA offers it: the example of RFC 2195 §2", async () => {
    const challenge = Buffer.from("<1896.697170952@postoffice.reston.mci.net>").toString("base64");
    const response = Buffer.from("tim b913a602c7eda7a495b4e6e7334d3890").toString("base64");
    await using server = await lineServer(greeting, [
      [/^CAPA$/, "+OK\r\nTOP\r\nSASL PLAIN CRAM-MD5\r\n."],
      [/^AUTH CRAM-MD5$/, `+ ${challenge}`],
      [new RegExp(`^${response}$`), "+OK"],
      quit,
    ]);
    const tim = { ...login, login: "tim", passwd: new Secret("tanstaaftanstaaf") };
    expect((await verdict(pop, server.endpoint, tim)).up).toBe(true);
  });

  test("USER and PASS when the server cannot do what it offers", async () => {
    await using server = await lineServer("+OK <1.2@mail.example>", [
      [/^APOP/, "-ERR no"],
      [/^CAPA$/, "+OK\r\nSASL CRAM-MD5\r\n."],
      [/^AUTH/, "-ERR not now"],
      user,
      [/^PASS/, "+OK"],
      quit,
    ]);
    expect((await verdict(pop, server.endpoint, login)).up).toBe(true);
  });

  test("a capability that only resembles CRAM-MD5 is not tried", async () => {
    await using server = await lineServer(greeting, [
      [/^CAPA$/, "+OK\r\nSASL SCRAM-MD5 CRAM-MD5X\r\nX-SASL CRAM-MD5\r\n."],
      user,
      [/^PASS/, "+OK"],
      quit,
    ]);
    expect((await verdict(pop, server.endpoint, login)).up).toBe(true);
  });
});

// With the original it is up too: an operator who changes nothing shall not lose the server.
test("a login that is accepted is up, whatever becomes of the mailbox", async () => {
  const answers = [noCapa, user, [/^PASS/, "+OK in"], [/./, "-ERR I/O error"]] as const;
  await using server = await lineServer(greeting, answers);
  expect(await verdict(pop, server.endpoint, login)).toEqual({ up: true, detail: "+OK in" });
});

describe("is down", () => {
  test.for([
    ["-ERR [AUTH] wrong", "auth", "PASS: -ERR [AUTH] wrong"],
    ["-ERR wrong", "auth", "PASS: -ERR wrong"],
    ["-ERR [SYS/TEMP] no database", "status", "PASS: -ERR [SYS/TEMP] no database"],
    ["-ERR [IN-USE] locked", "status", "PASS: -ERR [IN-USE] locked"],
    ["-ERR I know no tanstaaf", "auth", "PASS: (a reply with the password in it)"],
    ["what?", "protocol", "not POP3: what?"],
  ] as const)("when PASS is answered by %s: %s", async ([answer, reason, detail]) => {
    await using server = await lineServer(greeting, [noCapa, user, [/^PASS/, answer]]);
    expect(await verdict(pop, server.endpoint, login)).toEqual({ up: false, reason, detail });
  });

  test("when USER is refused", async () => {
    await using server = await lineServer(greeting, [noCapa, [/^USER/, "-ERR [AUTH] TLS first"]]);
    expect(await verdict(pop, server.endpoint, login)).toMatchObject({
      reason: "auth",
      detail: "USER: -ERR [AUTH] TLS first",
    });
  });

  test("when the server hangs up on a refused APOP", async () => {
    await using server = await lineServer("+OK <1.2@x>", [[/^APOP/, closes("-ERR no")]]);
    expect(await verdict(pop, server.endpoint, login)).toMatchObject({ reason: "closed" });
  });
});
