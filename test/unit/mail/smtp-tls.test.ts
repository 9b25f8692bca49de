import { readFileSync } from "node:fs";
import { afterAll, afterEach, expect, test } from "vitest";
import type { Mail } from "../../../src/mail/compose.ts";
import { isRefusedForGood, type SmtpServer, sendBySmtp } from "../../../src/mail/smtp.ts";
import { Secret } from "../../../src/model/secret.ts";
import { makeCertificates } from "../../support/servers/certificates.ts";
import { type SinkOptions, SmtpSink } from "../../support/servers/smtp-sink.ts";

const certificates = makeCertificates("localhost");
const ca = readFileSync(certificates.caFile, "utf8");
afterAll(() => certificates[Symbol.dispose]());
let sink: SmtpSink | undefined;
afterEach(async () => {
  await sink?.stop();
  sink = undefined;
});

const mail: Mail = {
  envelope: { from: "lb@example.org", to: ["ops@example.org"] },
  message: "Subject: x\n\nfirst\n",
};
const login = { user: "lb", password: new Secret("hunter2") };
const plain = Buffer.from("\0lb\0hunter2").toString("base64");
const ehlo = (words: string) => (command: string) =>
  command.startsWith("EHLO") ? `250-sink\r\n250 ${words}` : undefined;

async function send(options: SinkOptions, server: Partial<SmtpServer>): Promise<unknown> {
  sink = await SmtpSink.start(options);
  const to = { host: "localhost", port: sink.port, ca, ...server };
  return sendBySmtp(to, mail, new AbortController().signal, 5_000).catch((error: Error) => error);
}

test("by STARTTLS, with a login that is not seen before it", async () => {
  const { key, cert } = certificates.good;
  const reply = (command: string) =>
    sink?.commands.includes("STARTTLS") === true
      ? ehlo("AUTH PLAIN")(command)
      : ehlo("STARTTLS")(command);
  const tls = { key, cert, from: "starttls" } as const;
  expect(await send({ tls, reply, host: "localhost" }, { tls: "starttls", login })).toEqual([]);
  expect(sink?.mails).toHaveLength(1);
  expect(sink?.commands.slice(1, 4)).toEqual([
    "STARTTLS",
    expect.stringMatching(/^EHLO/),
    `AUTH PLAIN ${plain}`,
  ]);
});

test("by TLS from the first byte", async () => {
  const { key, cert } = certificates.good;
  const tls = { key, cert, from: "the first byte" } as const;
  expect(await send({ tls, host: "localhost" }, { tls: "yes" })).toEqual([]);
  expect(sink?.mails).toHaveLength(1);
});

test("no mail and no password goes to a server that has no TLS, or another's certificate", async () => {
  expect(await send({ host: "localhost" }, { tls: "starttls", login })).toBeInstanceOf(Error);
  const none = sink?.commands ?? [];
  await sink?.stop();
  const { key, cert } = certificates.selfSigned;
  const tls = { key, cert, from: "starttls" } as const;
  const untrusted = await send(
    { tls, reply: ehlo("STARTTLS"), host: "localhost" },
    { tls: "starttls", login },
  );
  expect(untrusted).toBeInstanceOf(Error);
  expect([...none, ...(sink?.commands ?? [])].filter((line) => /^(AUTH|MAIL)/.test(line))).toEqual(
    [],
  );
});

test("a login that is refused is told without the server's words, which may hold the password", async () => {
  const { key, cert } = certificates.good;
  const tls = { key, cert, from: "the first byte" } as const;
  const reply = (command: string) =>
    command.startsWith("AUTH") ? `535 not ${command} hunter2` : ehlo("AUTH PLAIN")(command);
  const refused = await send({ tls, reply, host: "localhost" }, { tls: "yes", login });
  expect(String(refused)).toBe("Error: localhost: the login is refused (535)");
  expect(isRefusedForGood(refused)).toBe(false);
});

test("who is no recipient there is refused for good, a server that is busy is not", async () => {
  const answer = (words: string) => ({
    host: "localhost",
    reply: (command: string) => (command.startsWith("RCPT") ? words : undefined),
  });
  expect(isRefusedForGood(await send(answer("550 nobody"), {}))).toBe(true);
  await sink?.stop();
  expect(isRefusedForGood(await send(answer("451 later"), {}))).toBe(false);
});
