/** What is the same for POP3 and IMAP, in the clear and in TLS. Each has a file of its own beside. */
import { describe, expect, test } from "vitest";
import { Secret } from "../../../src/model/secret.ts";
import { byNameAt, dovecotsOf, expiredAt, mailName, selfSignedAt } from "./lib/dovecot.ts";
import { record } from "./lib/matrix.ts";
import { whilePaused } from "./lib/paused.ts";
import { probe } from "./lib/probe.ts";
import { goneServer, silentServer } from "./lib/silent-server.ts";

const protocols = [
  {
    plain: "imap",
    overTls: "imaps",
    other: "pop",
    greeting: "* OK Dovecot (Debian) ready.",
    loggedIn: "OK Logged in",
    refused: "LOGIN: NO [AUTHENTICATIONFAILED] Authentication failed.",
  },
  {
    plain: "pop",
    overTls: "pops",
    other: "imap",
    greeting: "+OK Dovecot (Debian) ready.",
    loggedIn: "+OK Logged in.",
    refused: "PASS: -ERR [AUTH] Authentication failed.",
  },
] as const;
const services = protocols.flatMap(({ plain, overTls, ...words }) => [
  { service: plain, ...words },
  { service: overTls, ...words },
]);

const login = { login: "monitor", passwd: new Secret("hunter2") };
// A login of its own for each end: others' last words may come late.
const leaving = (service: string): string => `leaving-${service}`;
const names = [login.login, ...services.map(({ service }) => leaving(service))];
const { dovecot } = dovecotsOf({ users: names.map((name) => `${name}:{PLAIN}hunter2`) });

describe.for(services)("$service, against dovecot", ({ service, greeting, loggedIn, refused }) => {
  const row = `${service} (dovecot)`;
  const at = (address = "127.0.0.1") => ({ address, port: dovecot()[service] });

  test.for(["127.0.0.1", "::1"])("a login that is right is up, on %s", async (address) => {
    const said = await probe(service, login, at(address));
    expect(record(row, "right answer", said)).toEqual({ up: true, detail: loggedIn });
  });

  test("without a login the greeting is enough", async () => {
    expect(await probe(service, {}, at())).toEqual({ up: true, detail: greeting });
  });

  test("its log shows an orderly end", async () => {
    const orderly = { ...login, login: leaving(service) };
    expect(await probe(service, orderly, at())).toMatchObject({ up: true });
    const end = new RegExp(`\\(${leaving(service)}\\).*Logged out`);
    await expect.poll(() => dovecot().server.output()).toMatch(end);
  });

  test("a password that is wrong is down, and not told", async () => {
    const wrong = { ...login, passwd: new Secret("swordfish") };
    const said = record(row, "refused login", await probe(service, wrong, at()));
    expect(said).toEqual({ up: false, reason: "auth", detail: refused });
  });

  test("a user it does not have is down", async () => {
    const said = await probe(service, { ...login, login: "nobody" }, at());
    expect(said).toMatchObject({ reason: "auth" });
  });

  test("silent", async () => {
    await using server = await silentServer();
    const settings = { ...login, negotiateTimeoutMs: 500 };
    for (const said of [
      await whilePaused(dovecot().server, () => probe(service, settings, at())),
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

describe.for(protocols)("$plain", ({ plain, overTls, other }) => {
  test("another protocol's port is a wrong answer", async () => {
    const said = await probe(plain, login, { address: "127.0.0.1", port: dovecot()[other] });
    expect(record(`${plain} (dovecot)`, "wrong answer", said)).toMatchObject({
      reason: "protocol",
    });
  });

  test("the port of TLS says nothing to who talks in the clear", async () => {
    const target = { address: "127.0.0.1", port: dovecot()[overTls] };
    const said = await probe(plain, { ...login, negotiateTimeoutMs: 500 }, target);
    expect(said).toMatchObject({ reason: "timeout" });
  });
});

describe.for(protocols)("$overTls: the chain is verified, the name is not", (protocol) => {
  const { plain, overTls, loggedIn } = protocol;
  const at = (address: string) => ({ address, port: dovecot()[overTls] });

  test.for([
    [expiredAt, "certificate: certificate has expired"],
    [selfSignedAt, "certificate: self-signed certificate"],
  ] as const)("%s: %s", async ([address, detail]) => {
    for (const settings of [login, {}])
      expect(await probe(overTls, settings, at(address))).toEqual({
        up: false,
        reason: "tls",
        detail,
      });
  });

  test("virtualhost is the name asked for", async () => {
    const named = { ...login, virtualHost: mailName };
    expect(await probe(overTls, login, at(byNameAt))).toMatchObject({ reason: "tls" });
    expect(await probe(overTls, named, at(byNameAt))).toEqual({ up: true, detail: loggedIn });
  });

  test("TLS broken: the port in the clear is a wrong answer", async () => {
    const target = { address: "127.0.0.1", port: dovecot()[plain] };
    const said = await probe(overTls, login, target);
    expect(record(`${overTls} (dovecot)`, "wrong answer", said)).toEqual({
      up: false,
      reason: "tls",
      detail: "TLS: wrong version number",
    });
  });
});
