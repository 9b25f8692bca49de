import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Secret } from "../../src/model/secret.ts";
import { makeCertificates } from "../servers/certificates.ts";
import {
  byNameAt,
  type Dovecot,
  expiredAt,
  mailName,
  selfSignedAt,
  startDovecot,
} from "./lib/dovecot.ts";
import { record } from "./lib/matrix.ts";
import { whilePaused } from "./lib/paused.ts";
import { probe } from "./lib/probe.ts";
import { goneServer, silentServer } from "./lib/silent-server.ts";

const certificates = makeCertificates(mailName);
const trusted = process.env["SSL_CERT_FILE"];
let dovecot: Dovecot;
/** Offers APOP and CRAM-MD5, for which it must know the password itself; of one user it has only a hash. */
let digests: Dovecot;
beforeAll(async () => {
  process.env["SSL_CERT_FILE"] = certificates.caFile;
  const users = ["monitor", "leaving-pop", "leaving-pops"].map((name) => `${name}:{PLAIN}hunter2`);
  dovecot = await startDovecot(certificates, { users });
  digests = await startDovecot(certificates, {
    users: [...users, "hashed:{SHA256}9S+9MrKzuG/4jvbEkGKChfSCrxXdyylUH5S89Saj9sc="],
    mechanisms: "plain cram-md5 apop",
  });
});
afterAll(async () => {
  if (trusted === undefined) delete process.env["SSL_CERT_FILE"];
  else process.env["SSL_CERT_FILE"] = trusted;
  await dovecot?.[Symbol.asyncDispose]();
  await digests?.[Symbol.asyncDispose]();
  certificates[Symbol.dispose]();
});

const login = { login: "monitor", passwd: new Secret("hunter2") };
const loggedIn = { up: true, detail: "+OK Logged in." };

describe.for(["pop", "pops"] as const)("%s, against dovecot", (service) => {
  const row = `${service} (dovecot)`;
  const at = (address = "127.0.0.1") => ({ address, port: dovecot[service] });

  test.for(["127.0.0.1", "::1"])("a login that is right is up, on %s", async (address) => {
    const said = await probe(service, login, at(address));
    expect(record(row, "right answer", said)).toEqual(loggedIn);
  });

  test("without a login the greeting is enough", async () => {
    expect(await probe(service, {}, at())).toEqual({
      up: true,
      detail: "+OK Dovecot (Debian) ready.",
    });
  });

  test("its log shows an orderly end", async () => {
    // A login of its own: others' last words may come late.
    const orderly = { ...login, login: `leaving-${service}` };
    expect(await probe(service, orderly, at())).toMatchObject({ up: true });
    const end = new RegExp(`\\(leaving-${service}\\).*Logged out`);
    await expect.poll(() => dovecot.server.output()).toMatch(end);
  });

  test("a password that is wrong is down", async () => {
    const wrong = { ...login, passwd: new Secret("swordfish") };
    const said = record(row, "refused login", await probe(service, wrong, at()));
    expect(said).toEqual({
      up: false,
      reason: "auth",
      detail: "PASS: -ERR [AUTH] Authentication failed.",
    });
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

  test.for([{}, login])("gone, with a login or without", async (settings) => {
    await using server = await goneServer();
    const said = await probe(service, settings, server.endpoint);
    expect(record(row, "gone", said)).toMatchObject({ reason: "refused" });
  });
});

describe("where the password need not be sent", () => {
  const at = () => ({ address: "127.0.0.1", port: digests.pop });
  const methods = (): readonly string[] =>
    [...digests.server.output().matchAll(/Login: user=<\w+>, method=([A-Z0-9-]+)/g)].map(
      ([, method]) => method ?? "",
    );

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

test("pop: another protocol's port is a wrong answer", async () => {
  const said = await probe("pop", login, { address: "127.0.0.1", port: dovecot.imap });
  expect(record("pop (dovecot)", "wrong answer", said)).toMatchObject({ reason: "protocol" });
});

describe("pops: the chain is verified, the name is not", () => {
  const at = (address: string) => ({ address, port: dovecot.pops });
  test.for([
    [expiredAt, "certificate: certificate has expired"],
    [selfSignedAt, "certificate: self-signed certificate"],
  ] as const)("%s: %s", async ([address, detail]) => {
    expect(await probe("pops", {}, at(address))).toEqual({ up: false, reason: "tls", detail });
  });

  test("virtualhost is the name asked for", async () => {
    const named = { ...login, virtualHost: mailName };
    expect(await probe("pops", login, at(byNameAt))).toMatchObject({ reason: "tls" });
    expect(await probe("pops", named, at(byNameAt))).toEqual(loggedIn);
  });

  test("TLS broken: the port of pop is a wrong answer", async () => {
    const said = await probe("pops", login, { address: "127.0.0.1", port: dovecot.pop });
    expect(record("pops (dovecot)", "wrong answer", said)).toMatchObject({ reason: "tls" });
  });
});
