import { execFileSync } from "node:child_process";
import { chownSync, mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import mysql2, { type RowDataPacket } from "mysql2/promise";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CheckSettings, Verdict } from "../../../checks/check.ts";
import { Secret } from "../../../src/model/secret.ts";
import { loopbacks } from "../../support/servers/scripted.ts";
import { freePort } from "./lib/free-port.ts";
import { record } from "./lib/matrix.ts";
import { whilePaused } from "./lib/paused.ts";
import { probe } from "./lib/probe.ts";
import { type RealServer, startRealServer, userIds } from "./lib/real-server.ts";
import { goneServer, silentServer } from "./lib/silent-server.ts";

/** It refuses to run as root. */
const user = process.getuid?.() === 0 ? userIds("mysql") : undefined;
const maxConnections = 10;
const folder = mkdtempSync(join(tmpdir(), "mysql-services-"));
const data = join(folder, "data");
let port: number;
let server: RealServer;

beforeAll(async () => {
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  const small = ["--innodb-log-file-size=4M", "--innodb-buffer-pool-size=8M"];
  execFileSync(
    "mariadb-install-db",
    [
      "--no-defaults",
      `--datadir=${data}`,
      "--skip-test-db",
      "--auth-root-authentication-method=normal",
      ...small,
    ],
    { stdio: "pipe", ...user },
  );
  const sql = [
    "FLUSH PRIVILEGES;",
    "CREATE USER admin IDENTIFIED BY 'right';",
    "GRANT ALL ON *.* TO admin;",
    "CREATE USER checker IDENTIFIED BY 'right';",
    "GRANT SELECT, UPDATE ON *.* TO checker;",
    "CREATE USER narrow IDENTIFIED BY 'right';",
    "CREATE USER polite IDENTIFIED BY 'right';",
    "GRANT SELECT ON *.* TO polite;",
    "CREATE USER locked IDENTIFIED BY 'right' ACCOUNT LOCK;",
    "CREATE DATABASE site;",
    "GRANT SELECT ON site.* TO narrow;",
    "USE site;",
    "CREATE TABLE site.director (enabled INT, picture TEXT);",
    "INSERT INTO site.director SELECT 1, REPEAT('x', 1000) FROM seq_1_to_3000;",
  ];
  const offline = [
    "--no-defaults",
    `--datadir=${data}`,
    ...small,
    "--bootstrap",
    "--silent-startup",
  ];
  execFileSync("mariadbd", offline, { stdio: "pipe", input: sql.join("\n"), ...user });
  port = await freePort();
  server = await startRealServer({
    command: "mariadbd",
    args: [
      "--no-defaults",
      `--datadir=${data}`,
      ...small,
      `--port=${port}`,
      "--bind-address=127.0.0.1,::1",
      `--socket=${folder}/socket`,
      `--pid-file=${folder}/pid`,
      `--max-connections=${maxConnections}`,
      "--log-warnings=9",
      "--skip-name-resolve",
    ],
    ready: { log: /ready for connections/ },
    ...user,
  });
});
afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true });
});

const right: Partial<CheckSettings> = {
  login: "checker",
  passwd: new Secret("right"),
  database: "site",
  request: "SELECT 1",
};
const ask = (changes: Partial<CheckSettings>, address: string = "127.0.0.1"): Promise<Verdict> =>
  probe("mysql", { ...right, ...changes }, { address, port });
const name = "mysql (mariadb)";

/** Whether the server still has, after a while, a thread of which `condition` is true. */
async function isLeft(condition: string): Promise<boolean> {
  const admin = await mysql2.createConnection({
    host: "127.0.0.1",
    port,
    user: "admin",
    password: "right",
  });
  try {
    const query = `SELECT id FROM information_schema.processlist WHERE ${condition} AND id <> CONNECTION_ID()`;
    const deadline = performance.now() + 3000;
    for (;;) {
      const [rows] = await admin.query<RowDataPacket[]>(query);
      if (rows.length === 0) return false;
      if (performance.now() > deadline) return true;
    }
  } finally {
    await admin.end();
  }
}

describe("mariadb", () => {
  test.for(loopbacks)("is up at %s when the query has a row", async (address) => {
    const verdict = record(name, "right answer", await ask({}, address));
    expect(verdict).toEqual({ up: true, detail: "1 row" });
  });
  test("needs no database when the query names its tables", async () => {
    const { database: _none, ...without } = right;
    const target = { address: "127.0.0.1", port };
    const request = "/SELECT * FROM site.director LIMIT 2";
    expect(await probe("mysql", { ...without, request }, target)).toEqual({
      up: true,
      detail: "2 rows",
    });
  });
  test("refuses another password", async () => {
    const verdict = await ask({ passwd: new Secret("wrong") });
    expect(record(name, "refused login", verdict)).toEqual({
      up: false,
      reason: "auth",
      detail: expect.stringMatching(/^Access denied for user 'checker'@.* \(1045\)$/),
    });
  });
  test("refuses a login without a password, one that it does not know, and a locked one", async () => {
    const { passwd: _none, ...without } = right;
    expect(await probe("mysql", without, { address: "127.0.0.1", port })).toMatchObject({
      reason: "auth",
      detail: expect.stringContaining("using password: NO"),
    });
    expect(await ask({ login: "nobody" })).toMatchObject({ reason: "auth" });
    expect(await ask({ login: "locked" })).toMatchObject({
      reason: "auth",
      detail: expect.stringContaining("account is locked (4151)"),
    });
  });
  test("is down when the database is missing", async () => {
    const verdict = await ask({ database: "nosuch" });
    expect(record(name, "wrong answer", verdict)).toEqual({
      up: false,
      reason: "status",
      detail: "Unknown database 'nosuch' (1049)",
    });
  });
  test("is down likewise for a login that may not know whether there is such a database", async () => {
    expect(await ask({ login: "narrow", database: "nosuch" })).toMatchObject({
      reason: "status",
      detail: expect.stringMatching(/to database 'nosuch' \(1044\)$/),
    });
  });
  test("is down when the query has no row", async () => {
    const verdict = await ask({ request: "SELECT * FROM director WHERE enabled = 2" });
    expect(record(name, "wrong answer", verdict)).toEqual({
      up: false,
      reason: "mismatch",
      detail: "the query has no rows",
    });
  });
  test.for([
    ["SELEC 1", /^\(a reply with the password in it\) \(1064\)$/],
    ["SELECT * FROM nosuch", /Table 'site.nosuch' doesn't exist \(1146\)/],
    ["SELECT 1; SELECT 2", /^\(a reply with the password in it\) \(1064\)$/],
  ] as const)("is down when it refuses the query %s", async ([request, detail]) => {
    expect(await ask({ request })).toMatchObject({
      up: false,
      reason: "status",
      detail: expect.stringMatching(detail),
    });
  });
  test("counts the rows that a statement finds to change", async () => {
    const update = "UPDATE director SET enabled = 1 WHERE enabled =";
    expect(await ask({ request: `${update} 1` })).toEqual({ up: true, detail: "3000 rows" });
    expect(await ask({ request: `${update} 7` })).toMatchObject({ reason: "mismatch" });
    expect(await ask({ request: "SHOW STATUS LIKE 'Uptime'" })).toEqual({
      up: true,
      detail: "1 row",
    });
  });
  test("is up after the first megabyte of rows", async () => {
    expect(await ask({ request: "SELECT * FROM director" })).toEqual({
      up: true,
      detail: expect.stringMatching(/^more than \d+ rows$/),
    });
  });
  test("is down when a query takes too long, which the server then gives up as well", async () => {
    const slow = "SELECT SLEEP(20) FROM director";
    expect(await ask({ request: slow, negotiateTimeoutMs: 1500 })).toEqual({
      up: false,
      reason: "timeout",
      detail: "no answer within 1.5 s",
    });
    expect(await isLeft("info LIKE 'SELECT SLEEP%'")).toBe(false);
  });
  test("is down while it has no connection to spare", async () => {
    // Nobody logs in over these: each takes a place until the server gives up waiting.
    const holders = Array.from({ length: maxConnections + 5 }, () =>
      connect({ host: "127.0.0.1", port }),
    );
    try {
      for (const holder of holders) holder.on("error", () => {}).resume();
      let verdict: Verdict | undefined;
      const isFull = async (): Promise<boolean> => {
        verdict = await ask({});
        return !verdict.up;
      };
      for (let tries = 0; tries < 50 && !(await isFull()); tries++);
      expect(verdict).toEqual({
        up: false,
        reason: "status",
        detail: "Too many connections (1040)",
      });
    } finally {
      for (const holder of holders) holder.destroy();
    }
    let verdict = await ask({});
    for (let tries = 0; tries < 50 && !verdict.up; tries++) verdict = await ask({});
    expect(verdict).toEqual({ up: true, detail: "1 row" });
  });
  test("is left with a goodbye: a probe that got an answer is none of its aborted connections", async () => {
    const login = "polite";
    await ask({ login });
    await ask({ login, request: "SELECT 1 FROM director WHERE enabled = 7" });
    await ask({ login, request: "SELEC 1" });
    expect(await isLeft(`user = '${login}'`)).toBe(false);
    expect(server.output()).not.toMatch(new RegExp(`Aborted connection.*user: '${login}'`));
  });
});

test("a silent server is down: timeout", async () => {
  await using silent = await silentServer();
  const negotiateTimeoutMs = 300;
  for (const verdict of [
    await whilePaused(server, () => ask({ negotiateTimeoutMs })),
    await probe("mysql", { ...right, negotiateTimeoutMs }, silent.endpoint),
  ])
    expect(record(name, "silent", verdict)).toMatchObject({ reason: "timeout" });
});
test("a server that is gone is down: refused", async () => {
  await using gone = await goneServer();
  expect(record(name, "gone", await probe("mysql", right, gone.endpoint))).toMatchObject({
    reason: "refused",
  });
});
