import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  chownSync,
  copyFileSync,
  mkdtempSync,
  readdirSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CheckSettings, Verdict } from "../../../checks/check.ts";
import { Secret } from "../../../src/model/secret.ts";
import { makeCertificates } from "../../support/servers/certificates.ts";
import { loopbacks } from "../../support/servers/scripted.ts";
import { freePort } from "./lib/free-port.ts";
import { record } from "./lib/matrix.ts";
import { whilePaused } from "./lib/paused.ts";
import { probe } from "./lib/probe.ts";
import { type RealServer, startRealServer, userIds } from "./lib/real-server.ts";
import { goneServer, silentServer } from "./lib/silent-server.ts";

/** It refuses to run as root. */
const user = process.getuid?.() === 0 ? userIds("postgres") : undefined;
const maxConnections = 4;
const folder = mkdtempSync(join(tmpdir(), "pgsql-services-"));
const data = join(folder, "data");
const certificates = makeCertificates("db.example.org");
let port: number;
let server: RealServer;

beforeAll(async () => {
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  run("initdb", [
    "-D",
    data,
    "-U",
    "admin",
    "--auth=trust",
    "--no-sync",
    "--locale=C",
    "-E",
    "UTF8",
  ]);
  for (const [file, name] of [
    [certificates.good.certFile, "server.crt"],
    [certificates.good.keyFile, "server.key"],
  ] as const) {
    copyFileSync(file, join(data, name));
    chmodSync(join(data, name), 0o600);
    if (user !== undefined) chownSync(join(data, name), user.uid, user.gid);
  }
  const hba = join(data, "pg_hba.conf");
  rmSync(hba);
  appendFileSync(
    hba,
    `host all admin all trust
host all md5 all md5
host all scram,polite all scram-sha-256
host all clear all password
hostssl all overtls all scram-sha-256
hostnossl all plain all scram-sha-256
`,
  );
  if (user !== undefined) chownSync(hba, user.uid, user.gid);
  const roles = ["scram", "polite", "clear", "overtls", "plain"].map(
    (role) => `CREATE ROLE ${role} LOGIN PASSWORD 'right';`,
  );
  run(
    "postgres",
    ["--single", "-j", "-D", data, "postgres"],
    [
      ...roles,
      "SET password_encryption = 'md5'; CREATE ROLE md5 LOGIN PASSWORD 'right';",
      "CREATE TABLE director (enabled int, picture text);",
      "INSERT INTO director SELECT 1, repeat('x', 1000) FROM generate_series(1, 3000);",
      "GRANT SELECT, UPDATE ON director TO PUBLIC;",
    ].join("\n\n"),
  );
  port = await freePort();
  server = await startRealServer({
    command: program("postgres"),
    args: ["-D", data, "-p", String(port)].concat(
      [
        "listen_addresses=127.0.0.1,::1",
        "unix_socket_directories=",
        "fsync=off",
        "ssl=on",
        "log_line_prefix=%u: ",
        `max_connections=${maxConnections}`,
        "superuser_reserved_connections=0",
        "max_wal_senders=0",
      ].flatMap((setting) => ["-c", setting]),
    ),
    ready: { log: /ready to accept connections/ },
    ...user,
  });
});
afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true });
  certificates[Symbol.dispose]();
});

/** Debian keeps them out of the way, one folder for each version. */
function program(name: string): string {
  const versions = "/usr/lib/postgresql";
  const newest = readdirSync(versions).sort((a, b) => Number(b) - Number(a))[0];
  return join(versions, newest ?? "", "bin", name);
}
const run = (name: string, args: readonly string[], input = ""): Buffer =>
  execFileSync(program(name), args, { input, stdio: "pipe", ...user });

const right: Partial<CheckSettings> = {
  login: "scram",
  passwd: new Secret("right"),
  database: "postgres",
  request: "SELECT 1",
};
const ask = (changes: Partial<CheckSettings>, address: string = "127.0.0.1"): Promise<Verdict> =>
  probe("pgsql", { ...right, ...changes }, { address, port });

describe("postgresql", () => {
  test.for(loopbacks)("is up at %s when the query has a row", async (address) => {
    const verdict = record("pgsql (postgresql)", "right answer", await ask({}, address));
    expect(verdict).toEqual({ up: true, detail: "1 row" });
  });
  test.for(["scram", "md5", "clear", "overtls", "plain"])(
    "takes the login of %s",
    async (login) => {
      expect(await ask({ login })).toEqual({ up: true, detail: "1 row" });
    },
  );
  test.for(["scram", "md5", "clear", "overtls", "plain"])(
    "refuses %s with another password",
    async (login) => {
      const verdict = await ask({ login, passwd: new Secret("wrong") });
      record("pgsql (postgresql)", "refused login", verdict);
      expect(verdict).toEqual({
        up: false,
        reason: "auth",
        detail: `password authentication failed for user "${login}" (28P01)`,
      });
    },
  );
  test("refuses a login without a password", async () => {
    expect(
      await probe(
        "pgsql",
        { login: "md5", request: "SELECT 1", database: "postgres" },
        { address: "127.0.0.1", port },
      ),
    ).toMatchObject({
      up: false,
      reason: "auth",
    });
    const { passwd: _none, ...without } = right;
    expect(await probe("pgsql", without, { address: "127.0.0.1", port })).toMatchObject({
      up: false,
      reason: "auth",
      detail: expect.stringContaining("password"),
    });
  });
  test("refuses a login that it does not know", async () => {
    expect(await ask({ login: "nobody" })).toMatchObject({
      up: false,
      reason: "auth",
      detail: expect.stringMatching(/no pg_hba.conf entry .*\(28000\)/),
    });
  });
  test("is down when the query has no row", async () => {
    const verdict = await ask({ request: "/SELECT * FROM director WHERE enabled = 2" });
    record("pgsql (postgresql)", "wrong answer", verdict);
    expect(verdict).toEqual({ up: false, reason: "mismatch", detail: "the query has no rows" });
  });
  test("is down when the database is missing", async () => {
    const verdict = await ask({ database: "nosuch" });
    record("pgsql (postgresql)", "wrong answer", verdict);
    expect(verdict).toEqual({
      up: false,
      reason: "status",
      detail: 'database "nosuch" does not exist (3D000)',
    });
  });
  test("takes the login's name for the database's when there is none", async () => {
    const { database: _none, ...without } = right;
    expect(await probe("pgsql", without, { address: "127.0.0.1", port })).toMatchObject({
      reason: "status",
      detail: 'database "scram" does not exist (3D000)',
    });
  });
  test.for([
    ["SELEC 1", /syntax error at or near "SELEC" \(42601\)/],
    ["SELECT * FROM nosuch", /relation "nosuch" does not exist \(42P01\)/],
    ["SELECT 1/0", /division by zero \(22012\)/],
  ] as const)("is down when it refuses the query %s", async ([request, detail]) => {
    expect(await ask({ request })).toMatchObject({
      up: false,
      reason: "status",
      detail: expect.stringMatching(detail),
    });
  });
  test("counts the rows that a statement changes", async () => {
    const update = "UPDATE director SET enabled = 1 WHERE enabled =";
    expect(await ask({ request: `${update} 1` })).toEqual({ up: true, detail: "3000 rows" });
    expect(await ask({ request: `${update} 7` })).toMatchObject({ reason: "mismatch" });
    expect(await ask({ request: "SHOW server_version" })).toEqual({ up: true, detail: "1 row" });
  });
  test("is up after the first megabyte of rows", async () => {
    expect(await ask({ request: "SELECT * FROM director" })).toEqual({
      up: true,
      detail: expect.stringMatching(/^more than \d+ rows$/),
    });
  });
  test("is down when a query takes too long, which the server then gives up as well", async () => {
    // Time enough for a busy host to get past the login.
    expect(await ask({ request: "SELECT pg_sleep(20)", negotiateTimeoutMs: 2000 })).toEqual({
      up: false,
      reason: "timeout",
      detail: "no answer within 2 s",
    });
    await expect.poll(() => server.output()).toContain("due to statement timeout");
  });
  test("is down while it has no connection to spare", async () => {
    const holders = Array.from(
      { length: maxConnections },
      () => new pg.Client({ host: "127.0.0.1", port, user: "admin", database: "postgres" }),
    );
    try {
      const [first, ...others] = holders;
      await first?.connect();
      // Until the server is done with all that were here before.
      const left = async () =>
        (await first?.query("SELECT FROM pg_stat_activity WHERE usename <> 'admin'"))?.rowCount;
      await expect.poll(left).toBe(0);
      for (const holder of others) await holder.connect();
      expect(await ask({})).toEqual({
        up: false,
        reason: "status",
        detail: "sorry, too many clients already (53300)",
      });
    } finally {
      await Promise.all(holders.map((holder) => holder.end()));
    }
  });
  test("is left with a goodbye: a probe that got an answer is none of its lost connections", async () => {
    const login = "polite";
    await ask({ login });
    await ask({ login, request: "SELECT 1 WHERE false" });
    await ask({ login, request: "SELEC 1" });
    await ask({ login: "plain" });
    const admin = new pg.Client({ host: "127.0.0.1", port, user: "admin", database: "postgres" });
    await admin.connect();
    try {
      const left = async (): Promise<number | null> =>
        (await admin.query("SELECT FROM pg_stat_activity WHERE usename IN ('polite', 'plain')"))
          .rowCount;
      await expect.poll(left).toBe(0);
    } finally {
      await admin.end();
    }
    expect(server.output()).toMatch(/^polite: ERROR/m);
    expect(server.output()).not.toMatch(
      /^(polite|plain): .*(could not receive data|unexpected EOF|could not send data)/m,
    );
  });
});

test("a silent server is down: timeout", async () => {
  await using silent = await silentServer();
  const negotiateTimeoutMs = 300;
  for (const verdict of [
    await whilePaused(server, () => ask({ negotiateTimeoutMs })),
    await probe("pgsql", { ...right, negotiateTimeoutMs }, silent.endpoint),
  ])
    expect(record("pgsql (postgresql)", "silent", verdict)).toMatchObject({ reason: "timeout" });
});
test("a server that is gone is down: refused", async () => {
  await using gone = await goneServer();
  const verdict = await probe("pgsql", right, gone.endpoint);
  expect(record("pgsql (postgresql)", "gone", verdict)).toMatchObject({ reason: "refused" });
});
