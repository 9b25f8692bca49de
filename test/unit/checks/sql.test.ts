/** What is the same for MySQL and PostgreSQL. Each has a file of its own beside. */
import { describe, expect, test } from "vitest";
import type { Check } from "../../../checks/check.ts";
import mysql from "../../../checks/mysql.ts";
import pgsql from "../../../checks/pgsql.ts";
import { Secret } from "../../../src/model/secret.ts";
import * as mysqlSays from "../../support/servers/mysql-packets.ts";
import * as pgsqlSays from "../../support/servers/pgsql-messages.ts";
import { serve, type TalkOptions, talking } from "../../support/servers/scripted.ts";
import { settings, verdict } from "./probing.ts";

type Answers = readonly (Buffer | string)[];
type Refusal = readonly [code: number | string, words: string, reason: string];

interface Database {
  readonly service: string;
  readonly check: Check;
  /** It talks first. */
  readonly isFirst: boolean;
  /** Until the query's answer, which has so many rows. */
  readonly answering: (rows: number) => Answers;
  readonly refusals: readonly Refusal[];
  /** At each moment at which it may refuse. */
  readonly refusing: (refusal: Refusal) => readonly Answers[];
  /** Ends within a message. */
  readonly cutOff: Answers;
}

const databases: readonly Database[] = [
  {
    service: "mysql",
    check: mysql,
    isFirst: true,
    answering: (rows) => mysqlSays.session(mysqlSays.rows(rows)),
    refusals: [
      [1045, "Access denied", "auth"],
      [1130, "Host is not allowed", "auth"],
      [1049, "Unknown database", "status"],
      [1040, "Too many connections", "status"],
    ],
    refusing: ([code, words]) => {
      const { greeting, refusal } = mysqlSays;
      return [[greeting, refusal(2, Number(code), words)], [refusal(0, Number(code), words)]];
    },
    cutOff: [mysqlSays.greeting.subarray(0, 30)],
  },
  {
    service: "pgsql",
    check: pgsql,
    isFirst: false,
    answering: (rows) => ["N", pgsqlSays.loggedIn, pgsqlSays.rows(rows)],
    refusals: [
      ["28P01", "wrong password", "auth"],
      ["28000", "no entry", "auth"],
      ["3D000", "no database", "status"],
      ["53300", "too many clients", "status"],
      ["57P03", "starting up", "status"],
    ],
    refusing: ([code, words]) => [["N", pgsqlSays.refusal(String(code), words)]],
    cutOff: ["N", pgsqlSays.loggedIn.subarray(0, 7)],
  },
];

describe.for(databases)("$service", ({ service, check, isFirst, ...database }) => {
  const login = { login: "check", passwd: new Secret("geheim") };
  const right = { service, ...login, database: "site", request: "/SELECT 1" };
  const saidOf = async (answers: Answers, options: TalkOptions = {}) => {
    await using server = await serve("127.0.0.1", talking(answers, { isFirst, ...options }));
    return await verdict(check, server.endpoint, right);
  };

  test("is understood byte by byte", async () => {
    const said = await saidOf(database.answering(3), { chunkBytes: 1 });
    expect(said).toEqual({ up: true, detail: "3 rows" });
  });

  test("is down when the query has no row", async () => {
    const said = await saidOf(database.answering(0));
    expect(said).toMatchObject({ up: false, reason: "mismatch" });
  });

  test.for(database.refusals)("is down when it says %s: %s", async (refusal) => {
    const [code, words, reason] = refusal;
    for (const answers of database.refusing(refusal))
      expect(await saidOf(answers)).toEqual({ up: false, reason, detail: `${words} (${code})` });
  });

  test("is down when it closes within", async () => {
    const said = await saidOf(database.cutOff, { isClosing: true });
    expect(said).toMatchObject({ up: false, reason: "closed" });
  });

  test.for([{ request: "SELECT 1" }, { login: "check" }, { login: "check", request: "/" }])(
    "the settings %j lack login or request",
    (changes) => {
      expect(check.prepare(settings({ service, ...changes }))).toMatchObject({
        ok: true,
        value: { staysDown: expect.stringMatching(/^Must specify a login and request string /) },
      });
    },
  );
});
