import { expect, test } from "vitest";
import smtp from "../../../checks/smtp.ts";
import { closes, lineServer, silence } from "../../support/servers/line-server.ts";
import { loopbacks } from "../../support/servers/scripted.ts";
import { eventually, verdict } from "./probing.ts";

const greeting = "220 mail.example ESMTP";
const extensions = "250-mail.example\r\n250-STARTTLS\r\n250-AUTH PLAIN\r\n250 SIZE 1000";
const bye = [/^QUIT$/, closes("221 bye")] as const;
const healthy = [[/^EHLO localhost\.localdomain$/, extensions], bye] as const;

for (const address of loopbacks) {
  for (const service of ["smtp", "submission"]) {
    test(`${service}: a greeting, EHLO accepted, QUIT, on ${address}`, async () => {
      await using server = await lineServer(greeting, healthy, { address });
      expect(await verdict(smtp, server.endpoint, { service })).toEqual({
        up: true,
        detail: greeting,
      });
      expect(await eventually(() => server.heard.length === 2)).toBe(true);
      expect(server.heard).toEqual(["EHLO localhost.localdomain", "QUIT"]);
    });
  }

  test(`replies that arrive byte by byte, on ${address}`, async () => {
    await using server = await lineServer(greeting, healthy, { address, chunkBytes: 1 });
    expect((await verdict(smtp, server.endpoint)).up).toBe(true);
  });
}

test("a greeting of several lines is read to its end before anything is said", async () => {
  await using server = await lineServer("220-please wait\r\n220-wait\r\n220 now", healthy);
  expect(await verdict(smtp, server.endpoint)).toEqual({ up: true, detail: "220-please wait" });
});

test("HELO where EHLO is unknown", async () => {
  await using server = await lineServer(greeting, [
    [/^EHLO/, "502 unimplemented"],
    [/^HELO localhost\.localdomain$/, "250 mail.example"],
    bye,
  ]);
  expect((await verdict(smtp, server.endpoint)).up).toBe(true);
});

test("nobody waits for the answer to QUIT", async () => {
  await using server = await lineServer(greeting, [
    [/^EHLO/, extensions],
    [/^QUIT/, silence],
  ]);
  expect((await verdict(smtp, server.endpoint)).up).toBe(true);
});

test.for(["421 too many connections", "554 no SMTP service here", "354 what", "120 soon"])(
  "a greeting %s is down, and nothing is said",
  async (text) => {
    await using server = await lineServer(text);
    expect(await verdict(smtp, server.endpoint)).toEqual({
      up: false,
      reason: "status",
      detail: text,
    });
    expect(await eventually(() => server.held() === 0)).toBe(true);
    expect(server.heard).toEqual([]);
  },
);

test("the last line of a reply decides", async () => {
  await using server = await lineServer("220-hello\r\n554 go away");
  expect(await verdict(smtp, server.endpoint)).toMatchObject({ reason: "status" });
});

test("EHLO put off is not tried again as HELO", async () => {
  await using server = await lineServer(greeting, [[/^EHLO/, "451 busy"]]);
  expect(await verdict(smtp, server.endpoint)).toEqual({
    up: false,
    reason: "status",
    detail: "451 busy",
  });
  expect(server.heard).toEqual(["EHLO localhost.localdomain"]);
});

test("EHLO and HELO refused", async () => {
  await using server = await lineServer(greeting, [[/^(EHLO|HELO)/, "550 not you"]]);
  expect(await verdict(smtp, server.endpoint)).toMatchObject({
    reason: "status",
    detail: "550 not you",
  });
});

test("a server that closes after its greeting", async () => {
  await using server = await lineServer(closes(greeting));
  expect(await verdict(smtp, server.endpoint)).toMatchObject({ reason: "closed" });
});
