import { afterEach, expect, test } from "vitest";
import type { Mail } from "../../../src/mail/compose.ts";
import { sendBySmtp } from "../../../src/mail/smtp.ts";
import { type SinkOptions, SmtpSink } from "../../support/servers/smtp-sink.ts";

let sink: SmtpSink | undefined;
afterEach(async () => {
  await sink?.stop();
  sink = undefined;
});

const mail: Mail = {
  envelope: { from: "root@director", to: ["a@example.org", "root"] },
  message: "Subject: x\n\nfirst\n.\n.hidden\n",
};
const never = new AbortController().signal;

async function send(options: SinkOptions = {}, timeoutMs = 5_000) {
  sink = await SmtpSink.start(options);
  return sendBySmtp({ host: "127.0.0.1", port: sink.port }, mail, never, timeoutMs);
}

test("one recipient for each address, dots and all, as the original says it", async () => {
  expect(await send()).toEqual([]);
  expect(sink?.mails).toEqual([
    { from: "root@director", to: ["a@example.org", "root"], message: mail.message },
  ]);
  expect(sink?.commands.slice(0, 5)).toEqual([
    "EHLO localhost.localdomain",
    "MAIL FROM:<root@director>",
    "RCPT TO:<a@example.org>",
    "RCPT TO:<root>",
    "DATA",
  ]);
  await expect.poll(() => sink?.commands.at(-1)).toBe("QUIT");
});

test("a server that offers TLS is spoken to plainly, and one that knows no EHLO by HELO", async () => {
  await send({
    reply: (command) => (/^EHLO/.test(command) ? "250-sink\r\n250 STARTTLS" : undefined),
  });
  expect(sink?.commands).not.toContain("STARTTLS");
  await sink?.stop();
  await send({ reply: (command) => (/^EHLO/.test(command) ? "502 what" : undefined) });
  expect(sink?.commands).toContain("HELO localhost.localdomain");
  expect(sink?.mails).toHaveLength(1);
});

test("who is refused is told, and the others get it", async () => {
  const refusals = await send({
    reply: (command) => (command === "RCPT TO:<root>" ? "550 no such user" : undefined),
  });
  expect(refusals).toEqual([{ recipient: "root", cause: expect.stringContaining("550") }]);
  expect(sink?.mails[0]?.to).toEqual(["a@example.org"]);
});

test.for<[name: string, options: SinkOptions, cause: RegExp]>([
  ["all recipients refused", { reply: (c) => (/^RCPT/.test(c) ? "550 no" : undefined) }, /550 no/],
  [
    "the sender refused",
    { reply: (c) => (/^MAIL/.test(c) ? "451 later" : undefined) },
    /451 later/,
  ],
  ["the message refused", { reply: (c) => (c === "." ? "554 spam" : undefined) }, /554 spam/],
  ["no service", { greeting: "554 no service" }, /554 no service/],
  ["another protocol", { greeting: "SSH-2.0-x" }, /SSH-2.0-x/],
])("%s is a failure with the server's words", async ([, options, cause]) => {
  await expect(send(options)).rejects.toThrow(cause);
});

test.for<[name: string, options: SinkOptions]>([
  ["no greeting", { greeting: "" }],
  ["no answer to EHLO", { reply: (c) => (/^EHLO/.test(c) ? "" : undefined) }],
  ["no answer to the message", { reply: (c) => (c === "." ? "" : undefined) }],
  ["every answer late", { delayMs: 120 }],
])("%s: it is given up in time", async ([, options]) => {
  await expect(send(options, 300)).rejects.toThrow("127.0.0.1: no end within 0.3 s");
});

test("nobody listens", async () => {
  const gone = await SmtpSink.start();
  await gone.stop();
  const server = { host: "127.0.0.1", port: gone.port };
  await expect(sendBySmtp(server, mail, never)).rejects.toThrow("ECONNREFUSED");
});

test("the end of the daemon ends it", async () => {
  sink = await SmtpSink.start({ greeting: "" });
  const end = new AbortController();
  const sent = sendBySmtp({ host: "127.0.0.1", port: sink.port }, mail, end.signal);
  end.abort();
  await expect(sent).rejects.toThrow("ldirectord has ended");
  await expect(
    sendBySmtp({ host: "127.0.0.1", port: sink.port }, mail, end.signal),
  ).rejects.toThrow("ldirectord has ended");
});

test("a refusal of many lines is told in one, bounded and without control characters", async () => {
  const words = `550-no\r\n550-[Sun Nov 29 11:00:00 2026|x|1] Deleted\x1b[2J\r\n${"550-and so on\r\n".repeat(200)}550 end`;
  const refused = send({ reply: (command) => (/^MAIL/.test(command) ? words : undefined) });
  const error: unknown = await refused.catch((reason: unknown) => reason);
  expect(error).toMatchObject({ message: expect.stringMatching(/550-no 550-\[Sun[^\p{Cc}]*…$/u) });
  expect((error as Error).message.length).toBeLessThan(500);
});

test("and so is one of a recipient", async () => {
  const refusals = await send({
    reply: (command) =>
      /^RCPT TO:<root>/.test(command) ? "550-no\r\n550 Deleted\x1b[2J" : undefined,
  });
  expect(refusals.map(({ cause }) => /^[^\p{Cc}]+$/u.test(cause))).toEqual([true]);
});
