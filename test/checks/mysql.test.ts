import type { Socket } from "node:net";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { CheckSettings, Verdict } from "../../checks/check.ts";
import mysql from "../../checks/mysql.ts";
import type { Endpoint } from "../../src/model/address.ts";
import { Secret } from "../../src/model/secret.ts";
import { loopbacks, serve } from "../servers/scripted.ts";
import { eventually, settings, verdict } from "./probing.ts";

const packet = (sequence: number, content: Buffer | string): Buffer => {
  const bytes = Buffer.from(content as string, "latin1");
  const header = Buffer.alloc(4);
  header.writeUIntLE(bytes.length, 0, 3);
  header[3] = sequence;
  return Buffer.concat([header, bytes]);
};
/** Version 10, its scramble, capabilities and mysql_native_password. */
const greeting = packet(
  0,
  `\x0a5.5.5-test\0\x01\0\0\0${"s".repeat(8)}\0\xff\xf7\x21\x02\0\xff\x81\x15${"\0".repeat(10)}${"s".repeat(12)}\0mysql_native_password\0`,
);
const okay = (sequence: number): Buffer => packet(sequence, "\0\0\0\x02\0\0\0");
const endOfList = (sequence: number): Buffer => packet(sequence, "\xfe\0\0\x02\0");
const column = packet(2, "\x03def\0\0\0\x01a\0\x0c\x3f\0\x01\0\0\0\x03\0\0\0\0\0");
const rows = (count: number): Buffer =>
  Buffer.concat([
    packet(1, "\x01"),
    column,
    endOfList(3),
    ...Array.from({ length: count }, (_, index) => packet((4 + index) % 256, "\x011")),
    endOfList((4 + count) % 256),
  ]);
const refusal = (sequence: number, number: number, words: string): Buffer =>
  packet(sequence, `\xff${String.fromCharCode(number & 0xff, number >> 8)}#HY000${words}`);

/** Greets with the first, then answers each packet it is told; whole or byte by byte. */
const script =
  (
    answers: readonly (Buffer | string)[],
    chunkBytes = Number.MAX_SAFE_INTEGER,
    heard: string[] = [],
  ) =>
  (socket: Socket): void => {
    let next = 0;
    const answer = (): void => {
      const bytes = Buffer.from(answers[next++] ?? "");
      const send = (at: number): void => {
        socket.write(bytes.subarray(at, at + chunkBytes));
        if (at + chunkBytes < bytes.length) setImmediate(send, at + chunkBytes);
      };
      send(0);
    };
    socket.setNoDelay(true).on("data", (told: Buffer) => {
      heard.push(told.toString("latin1").slice(4));
      answer();
    });
    answer();
  };

const right: Partial<CheckSettings> = {
  service: "mysql",
  login: "check",
  passwd: new Secret("geheim"),
  database: "site",
  request: "/SELECT 1",
};
const ask = (target: Endpoint, changes: Partial<CheckSettings> = {}): Promise<Verdict> =>
  verdict(mysql, target, { ...right, ...changes });
const session = (last: Buffer): readonly Buffer[] => [greeting, okay(2), okay(1), last];

describe("the answer", () => {
  test.for(loopbacks)("is up at %s when the query has a row", async (address) => {
    const heard: string[] = [];
    await using server = await serve(address, script(session(rows(1)), undefined, heard));
    expect(await ask(server.endpoint)).toEqual({ up: true, detail: "1 row" });
    for (const words of ["check\0", "site\0"]) expect(heard[0]).toContain(words);
    expect(heard[0]).not.toContain("geheim");
    expect(await eventually(() => heard.length === 4)).toBe(true);
    expect(heard.slice(1)).toEqual([
      "\x03SET lock_wait_timeout=5 /*M!100101 ,max_statement_time=5 */ /*!50708 ,max_execution_time=5000 */",
      "\x03SELECT 1",
      "\x01",
    ]);
  });
  test("is understood byte by byte", async () => {
    await using server = await serve("127.0.0.1", script(session(rows(3)), 1));
    expect(await ask(server.endpoint)).toEqual({ up: true, detail: "3 rows" });
  });
  test("counts although the server knows nothing of time limits", async () => {
    const answers = [greeting, okay(2), refusal(1, 1193, "Unknown system variable"), rows(1)];
    await using server = await serve("127.0.0.1", script(answers));
    expect(await ask(server.endpoint)).toEqual({ up: true, detail: "1 row" });
  });
  test("is down when the query has no row", async () => {
    await using server = await serve("127.0.0.1", script(session(rows(0))));
    expect(await ask(server.endpoint)).toMatchObject({ up: false, reason: "mismatch" });
  });
  test.for<[number, string, string]>([
    [1045, "Access denied", "auth"],
    [1130, "Host is not allowed", "auth"],
    [1049, "Unknown database", "status"],
    [1040, "Too many connections", "status"],
  ])("is down when it says %i: %s", async ([number, words, reason]) => {
    const detail = `${words} (${number})`;
    await using late = await serve("127.0.0.1", script([greeting, refusal(2, number, words)]));
    expect(await ask(late.endpoint)).toEqual({ up: false, reason, detail });
    await using early = await serve("127.0.0.1", script([refusal(0, number, words)]));
    expect(await ask(early.endpoint)).toMatchObject({ up: false, reason });
  });
  test.for<[string, string]>([
    ["the password in the clear", "mysql_clear_password\0"],
    ["a way to log in that we do not know", "client_ed25519\0sssssssssssssssssssssssssssssssss"],
  ])("is down when it wants %s, which it does not get", async ([, wanted]) => {
    const heard: string[] = [];
    const answers = [greeting, packet(2, `\xfe${wanted}`)];
    await using server = await serve("127.0.0.1", script(answers, undefined, heard));
    expect(await ask(server.endpoint)).toMatchObject({ up: false, reason: "auth" });
    expect(heard.join("")).not.toContain("geheim");
  });
});

describe("what is no answer", () => {
  const printed = vi.spyOn(console, "error");
  afterEach(() => {
    expect(printed).not.toHaveBeenCalled();
    printed.mockClear();
  });
  test.for<[string, readonly (Buffer | string)[]]>([
    ["another protocol", ["SSH-2.0-OpenSSH_9.2\r\n"]],
    ["a packet of 16 MiB", [Buffer.from([0xff, 0xff, 0xff, 0])]],
    ["an empty greeting", [packet(0, "")]],
    ["packets out of order", [greeting, okay(9)]],
    ["a login that is neither taken nor refused", [greeting, packet(2, "\x77")]],
    ["no end of the columns", session(Buffer.concat([packet(1, "\x01"), column, packet(3, "x")]))],
    ["a wish for one of our files", [...session(packet(1, "\xfb/etc/passwd")), okay(3)]],
  ])("is down and prints nothing: %s", async ([, answers]) => {
    await using server = await serve("127.0.0.1", script(answers));
    expect(await ask(server.endpoint)).toMatchObject({ up: false, reason: "protocol" });
  });
  test("is down when columns never end, of which few are kept", async () => {
    await using server = await serve("127.0.0.1", (socket) => {
      const many = Array.from({ length: 9000 }, (_, index) =>
        packet((2 + index) % 256, column.subarray(4)),
      );
      script(session(Buffer.concat([packet(1, "\xfc\xff\xff"), ...many])))(socket);
    });
    expect(await ask(server.endpoint)).toEqual({
      up: false,
      reason: "protocol",
      detail: "the server never stops talking",
    });
  });
  test("is down when it closes within", async () => {
    await using server = await serve("127.0.0.1", (socket) => {
      script([greeting.subarray(0, 30)])(socket);
      socket.end();
    });
    expect(await ask(server.endpoint)).toMatchObject({ up: false, reason: "closed" });
  });
});

test.for([{ request: "SELECT 1" }, { login: "check" }, { login: "check", request: "/" }])(
  "the settings %j lack login or request",
  (changes) => {
    expect(mysql.prepare(settings({ service: "mysql", ...changes }))).toMatchObject({
      ok: true,
      value: { staysDown: expect.stringMatching(/^Must specify a login and request string /) },
    });
  },
);
