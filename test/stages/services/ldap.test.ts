import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CheckSettings, Verdict } from "../../../checks/check.ts";
import { Secret } from "../../../src/model/secret.ts";
import { makeCertificates } from "../../support/servers/certificates.ts";
import { loopbacks } from "../../support/servers/scripted.ts";
import { freePort } from "./lib/free-port.ts";
import { record } from "./lib/matrix.ts";
import { whilePaused } from "./lib/paused.ts";
import { probe } from "./lib/probe.ts";
import { type RealServer, startRealServer } from "./lib/real-server.ts";
import { goneServer, silentServer } from "./lib/silent-server.ts";

const folder = mkdtempSync(join(tmpdir(), "ldap-services-"));
const certificates = makeCertificates("ldap.example.org");
const base = "dc=example,dc=org";
const ports = { ldap: 0, ldaps: 0, closed: 0 };
const servers: RealServer[] = [];

/** slapd's configuration, with a database of its own. @param name of its files */
function configure(name: string, more: string): string {
  const data = join(folder, name);
  mkdirSync(data);
  const file = `${data}.conf`;
  writeFileSync(
    file,
    `include /etc/ldap/schema/core.schema
pidfile ${data}.pid
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCertificateFile ${certificates.selfSigned.certFile}
TLSCertificateKeyFile ${certificates.selfSigned.keyFile}
${more}
database mdb
suffix "${base}"
rootdn "cn=admin,${base}"
rootpw right
directory ${data}
access to dn.base="cn=hidden,${base}" by * none
access to dn.base="cn=searchable,${base}" by * search
access to attrs=userPassword by anonymous auth by * none
access to * by * read
`,
  );
  const entries = ["hidden", "searchable", "checker"].map(
    (cn) =>
      `dn: cn=${cn},${base}\nobjectClass: person\ncn: ${cn}\nsn: ${cn}\nuserPassword: right\n`,
  );
  const large = `dn: cn=large,${base}\nobjectClass: person\ncn: large\nsn: large\ndescription: ${"x".repeat(3_000_000)}\n`;
  const organization = `dn: ${base}\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: Ex\n`;
  execFileSync("slapadd", ["-f", file], {
    input: [organization, ...entries, large].join("\n"),
    stdio: "pipe",
  });
  return file;
}

const start = (file: string, urls: readonly string[], port: number): Promise<RealServer> =>
  // -d keeps it in the foreground.
  startRealServer({
    command: "slapd",
    args: ["-d", "0", "-f", file, "-h", urls.join(" ")],
    ready: { port },
  });

beforeAll(async () => {
  chmodSync(folder, 0o755);
  for (const key of ["ldap", "ldaps", "closed"] as const) ports[key] = await freePort();
  const urls = loopbacks.flatMap((address) => {
    const host = address.includes(":") ? `[${address}]` : address;
    return [`ldap://${host}:${ports.ldap}`, `ldaps://${host}:${ports.ldaps}`];
  });
  servers.push(await start(configure("open", ""), urls, ports.ldap));
  const closed = configure("closed", "disallow bind_anon");
  servers.push(await start(closed, [`ldap://127.0.0.1:${ports.closed}`], ports.closed));
});
afterAll(async () => {
  for (const server of servers) await server.stop();
  rmSync(folder, { recursive: true });
  certificates[Symbol.dispose]();
});

const services = ["ldap", "ldaps"] as const;
const login = { login: `cn=checker,${base}`, passwd: new Secret("right") };

describe.for(services)("slapd by %s", (service) => {
  const name = `${service} (slapd)`;
  const ask = (changes: Partial<CheckSettings>, address = "127.0.0.1"): Promise<Verdict> =>
    probe(service, { request: base, ...changes }, { address, port: ports[service] });

  test.for(loopbacks)("is up at %s when the entry is there", async (address) => {
    const verdict = await ask({ ...login, request: `/${base}`, receive: "dc=example" }, address);
    expect(record(name, "right answer", verdict)).toEqual({ up: true, detail: base });
  });
  test("is up for an anonymous bind, which a login without a password is too", async () => {
    expect(await ask({})).toEqual({ up: true, detail: base });
    expect(await ask({ login: login.login })).toEqual({ up: true, detail: base });
    expect(await ask({ passwd: new Secret("wrong") })).toEqual({ up: true, detail: base });
  });
  test("is down when the DN does not fit, whatever the entry says", async () => {
    const verdict = await ask({ request: `cn=checker,${base}`, receive: "person" });
    expect(record(name, "wrong answer", verdict)).toEqual({
      up: false,
      reason: "mismatch",
      detail: `receive is not in the DN "cn=checker,${base}"`,
    });
  });
  test("is up without a request: the root entry is there, and its DN is empty", async () => {
    expect(await ask({ request: "/" })).toEqual({ up: true, detail: "the root entry" });
    expect(await ask({ request: "", receive: "." })).toMatchObject({ reason: "mismatch" });
  });
  test("is down when the base is missing", async () => {
    const verdict = await ask({ request: "dc=nosuch,dc=org" });
    expect(record(name, "wrong answer", verdict)).toMatchObject({
      up: false,
      reason: "status",
      detail: expect.stringMatching(/^search refused: .* \(32\)/),
    });
    expect(await ask({ request: `cn=nosuch,${base}` })).toMatchObject({ reason: "status" });
    expect(await ask({ request: "no DN at all" })).toMatchObject({
      reason: "status",
      detail: "search refused: invalidDNSyntax (34): invalid DN",
    });
  });
  test("is down when the entry is not shown to this login", async () => {
    expect(await ask({ request: `cn=hidden,${base}` })).toMatchObject({ reason: "status" });
    expect(await ask({ request: `cn=searchable,${base}` })).toEqual({
      up: false,
      reason: "mismatch",
      detail: `no entries for "cn=searchable,${base}"`,
    });
  });
  test("is up for an entry of three megabytes, of which it asks for the name", async () => {
    expect(await ask({ request: `cn=large,${base}` })).toEqual({
      up: true,
      detail: `cn=large,${base}`,
    });
  });
  test.for([
    ["another password", login.login, "bind refused: invalidCredentials (49)"],
    ["an unknown login", `cn=nobody,${base}`, "bind refused: invalidCredentials (49)"],
    ["a login that is no DN", "checker", "bind refused: invalidDNSyntax (34): invalid DN"],
  ] as const)("refuses %s", async ([, dn, detail]) => {
    const verdict = await ask({ login: dn, passwd: new Secret("wrong") });
    expect(record(name, "refused login", verdict)).toEqual({ up: false, reason: "auth", detail });
  });
  test("a silent server is down: timeout, and checktimeout says when", async () => {
    await using silent = await silentServer();
    const changes = { checkTimeoutMs: 300, negotiateTimeoutMs: 9000 };
    const slapd = servers[0];
    if (slapd === undefined) throw new Error("not started");
    for (const verdict of [
      await whilePaused(slapd, () => ask(changes)),
      await probe(service, { request: base, ...changes }, silent.endpoint),
    ])
      expect(record(name, "silent", verdict)).toEqual({
        up: false,
        reason: "timeout",
        detail: "no answer within 0.3 s",
      });
  });
  test("a server that is gone is down: refused", async () => {
    await using gone = await goneServer();
    const verdict = await probe(service, { request: base }, gone.endpoint);
    expect(record(name, "gone", verdict)).toMatchObject({ reason: "refused" });
  });
});

test("ldap to a server that lets nobody in anonymously is down: auth", async () => {
  const target = { address: "127.0.0.1", port: ports.closed };
  expect(await probe("ldap", { request: base }, target)).toEqual({
    up: false,
    reason: "auth",
    detail: "bind refused: inappropriateAuthentication (48): anonymous bind disallowed",
  });
  expect(await probe("ldap", { request: base, ...login }, target)).toMatchObject({ up: true });
});
test("ldaps to a port without TLS is down, and ldap to one with TLS", async () => {
  const at = (port: number) => ({ address: "127.0.0.1", port });
  expect(await probe("ldaps", {}, at(ports.ldap))).toMatchObject({ up: false, reason: "closed" });
  expect(await probe("ldap", {}, at(ports.ldaps))).toMatchObject({ up: false });
});
