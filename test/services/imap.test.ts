import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Secret } from "../../src/model/secret.ts";
import { makeCertificates } from "../servers/certificates.ts";
import { closes, lineServer } from "../servers/line-server.ts";
import {
  byNameAt,
  type Dovecot,
  expiredAt,
  mailName,
  selfSignedAt,
  startDovecot,
} from "./lib/dovecot.ts";
import { freePort } from "./lib/free-port.ts";
import { record } from "./lib/matrix.ts";
import { whilePaused } from "./lib/paused.ts";
import { probe } from "./lib/probe.ts";
import { startRealServer, userIds } from "./lib/real-server.ts";
import { goneServer, silentServer } from "./lib/silent-server.ts";

const certificates = makeCertificates(mailName);
const trusted = process.env["SSL_CERT_FILE"];
let dovecot: Dovecot;
const odd = { login: "odd one", passwd: 'pa\\ss "wörd"' };
beforeAll(async () => {
  process.env["SSL_CERT_FILE"] = certificates.caFile;
  dovecot = await startDovecot(certificates, {
    users: [
      ...["monitor", "leaving-imap", "leaving-imaps"].map((name) => `${name}:{PLAIN}hunter2`),
      `${odd.login}:{PLAIN}${odd.passwd}`,
    ],
    // Else blanks are not allowed in a name.
    more: "auth_username_chars =",
  });
});
afterAll(async () => {
  if (trusted === undefined) delete process.env["SSL_CERT_FILE"];
  else process.env["SSL_CERT_FILE"] = trusted;
  await dovecot?.[Symbol.asyncDispose]();
  certificates[Symbol.dispose]();
});

const login = { login: "monitor", passwd: new Secret("hunter2") };
const loggedIn = { up: true, detail: "OK Logged in" };

describe.for(["imap", "imaps"] as const)("%s, against dovecot", (service) => {
  const row = `${service} (dovecot)`;
  const at = (address = "127.0.0.1") => ({ address, port: dovecot[service] });

  test.for(["127.0.0.1", "::1"])("a login that is right is up, on %s", async (address) => {
    const said = await probe(service, login, at(address));
    expect(record(row, "right answer", said)).toEqual(loggedIn);
  });

  test("without a login the greeting is enough", async () => {
    expect(await probe(service, {}, at())).toEqual({
      up: true,
      detail: "* OK Dovecot (Debian) ready.",
    });
  });

  test("its log shows an orderly end", async () => {
    // A login of its own: others' last words may come late.
    const orderly = { ...login, login: `leaving-${service}` };
    expect(await probe(service, orderly, at())).toMatchObject({ up: true });
    const end = new RegExp(`\\(leaving-${service}\\).*Logged out`);
    await expect.poll(() => dovecot.server.output()).toMatch(end);
  });

  test("a password that is wrong is down, and not told", async () => {
    const wrong = { ...login, passwd: new Secret("swordfish") };
    const said = record(row, "refused login", await probe(service, wrong, at()));
    expect(said).toEqual({
      up: false,
      reason: "auth",
      detail: "LOGIN: NO [AUTHENTICATIONFAILED] Authentication failed.",
    });
  });

  test("a user it does not have is down", async () => {
    const said = await probe(service, { ...login, login: "nobody" }, at());
    expect(said).toMatchObject({ reason: "auth" });
  });

  test("blanks, quotes, backslashes and umlauts arrives as it is", async () => {
    const settings = { login: odd.login, passwd: new Secret(odd.passwd) };
    expect(await probe(service, settings, at())).toEqual(loggedIn);
  });

  test("silent", async () => {
    await using server = await silentServer();
    const settings = { ...login, negotiateTimeoutMs: 500 };
    for (const said of [
      await whilePaused(dovecot.server, () => probe(service, settings, at())),
      await probe(service, settings, server.endpoint),
    ])
      expect(record(row, "silent", said)).toMatchObject({ reason: "timeout" });
  });

  test("gone", async () => {
    await using server = await goneServer();
    const said = await probe(service, login, server.endpoint);
    expect(record(row, "gone", said)).toMatchObject({ reason: "refused" });
  });
});

test("imap: another protocol's port is a wrong answer", async () => {
  const said = await probe("imap", login, { address: "127.0.0.1", port: dovecot.pop });
  expect(record("imap (dovecot)", "wrong answer", said)).toMatchObject({ reason: "protocol" });
});

test("imap: the port of imaps says nothing to who talks in the clear", async () => {
  const target = { address: "127.0.0.1", port: dovecot.imaps };
  const said = await probe("imap", { ...login, negotiateTimeoutMs: 500 }, target);
  expect(said).toMatchObject({ reason: "timeout" });
});

test("imap: a greeting BYE, scripted, for dovecot greets first and closes then", async () => {
  await using server = await lineServer(closes("* BYE Server shutting down."));
  expect(await probe("imap", login, server.endpoint)).toEqual({
    up: false,
    reason: "status",
    detail: "* BYE Server shutting down.",
  });
});

test("imap: a database of users that fails is the server's trouble, not the login's", async () => {
  await using broken = await startDovecot(certificates, {
    users: ["monitor:{NONSENSE}hunter2"],
    more: "passdb {\n driver = checkpassword\n args = /nonexistent\n}",
  });
  const said = await probe("imap", login, { address: "127.0.0.1", port: broken.imap });
  expect(said).toMatchObject({ reason: "status" });
  expect(said.detail).toMatch(/^LOGIN: NO \[UNAVAILABLE\]/);
});

test("imap: PREAUTH, as dovecot's own imap program greets", async () => {
  const port = await freePort();
  const file = join(dovecot.folder, "preauth.conf");
  writeFileSync(
    file,
    `log_path = /dev/stderr\nbase_dir = ${dovecot.folder}/preauth\nmail_location = maildir:${dovecot.folder}/mail\nssl = no\n`,
  );
  await using _server = await startRealServer({
    command: "socat",
    args: [
      `TCP-LISTEN:${port},bind=127.0.0.1,fork,reuseaddr`,
      `EXEC:/usr/lib/dovecot/imap -c ${file}`,
    ],
    env: { USER: "nobody", HOME: join(dovecot.folder, "mail") },
    ...userIds("nobody"),
    ready: { port },
  });
  const said = await probe("imap", login, { address: "127.0.0.1", port });
  expect(said).toEqual({ up: true, detail: "* PREAUTH Logged in as nobody" });
});

describe("imaps: the chain is verified, the name is not", () => {
  const at = (address: string) => ({ address, port: dovecot.imaps });
  test.for([
    [expiredAt, "certificate: certificate has expired"],
    [selfSignedAt, "certificate: self-signed certificate"],
  ] as const)("%s: %s", async ([address, detail]) => {
    expect(await probe("imaps", login, at(address))).toEqual({
      up: false,
      reason: "tls",
      detail,
    });
  });

  test("virtualhost is the name asked for", async () => {
    const named = { ...login, virtualHost: mailName };
    expect(await probe("imaps", login, at(byNameAt))).toMatchObject({ reason: "tls" });
    expect(await probe("imaps", named, at(byNameAt))).toEqual(loggedIn);
  });

  test("TLS broken: the port of imap is a wrong answer", async () => {
    const said = await probe("imaps", login, { address: "127.0.0.1", port: dovecot.imap });
    expect(record("imaps (dovecot)", "wrong answer", said)).toEqual({
      up: false,
      reason: "tls",
      detail: "TLS: wrong version number",
    });
  });
});
