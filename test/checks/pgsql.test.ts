import type { Socket } from "node:net";
import { describe, expect, test } from "vitest";
import type { CheckSettings, Verdict } from "../../checks/check.ts";
import pgsql from "../../checks/pgsql.ts";
import type { Endpoint } from "../../src/model/address.ts";
import { Secret } from "../../src/model/secret.ts";
import { loopbacks, serve } from "../servers/scripted.ts";
import { eventually, settings, verdict } from "./probing.ts";

function message(kind: string, content: Buffer | string = ""): Buffer {
  const bytes = Buffer.from(content);
  const header = Buffer.alloc(5, kind);
  header.writeUInt32BE(4 + bytes.length, 1);
  return Buffer.concat([header, bytes]);
}
const loggedIn = Buffer.concat([message("R", Buffer.alloc(4)), message("Z", "I")]);
const columns = message("T", Buffer.concat([Buffer.from([0, 1, 0x61, 0]), Buffer.alloc(18)]));
const row = message("D", Buffer.from([0, 1, 0, 0, 0, 1, 0x31]));
const rows = (count: number): Buffer =>
  Buffer.concat([
    columns,
    ...Array.from({ length: count }, () => row),
    message("C", `SELECT ${count}\0`),
    message("Z", "I"),
  ]);
const refusal = (code: string, words: string): Buffer =>
  message("E", `SFATAL\0VFATAL\0C${code}\0M${words}\0\0`);

/** Answers each thing it is told, whole or byte by byte. */
const script =
  (
    answers: readonly (Buffer | string)[],
    chunkBytes = Number.MAX_SAFE_INTEGER,
    heard: string[] = [],
  ) =>
  (socket: Socket): void => {
    let next = 0;
    socket.setNoDelay(true).on("data", (told: Buffer) => {
      heard.push(told.toString("latin1"));
      const answer = Buffer.from(answers[next++] ?? "");
      const send = (at: number): void => {
        socket.write(answer.subarray(at, at + chunkBytes));
        if (at + chunkBytes < answer.length) setImmediate(send, at + chunkBytes);
      };
      send(0);
    });
  };

const right: Partial<CheckSettings> = {
  service: "pgsql",
  login: "check",
  passwd: new Secret("geheim"),
  database: "site",
  request: "/SELECT 1",
};
const ask = (target: Endpoint, changes: Partial<CheckSettings> = {}): Promise<Verdict> =>
  verdict(pgsql, target, { ...right, ...changes });

describe("a server without TLS", () => {
  test.for(loopbacks)("is up at %s when the query has a row", async (address) => {
    const heard: string[] = [];
    await using server = await serve(address, script(["N", loggedIn, rows(1)], undefined, heard));
    expect(await ask(server.endpoint)).toEqual({ up: true, detail: "1 row" });
    expect(heard[0]).toBe("\0\0\0\x08\x04\xd2\x16\x2f");
    for (const words of ["user\0check\0", "database\0site\0", "statement_timeout\x005000\0"])
      expect(heard[1]).toContain(words);
    expect(await eventually(() => heard.length === 4)).toBe(true);
    expect(heard.slice(2)).toEqual(["Q\0\0\0\x0dSELECT 1\0", "X\0\0\0\x04"]);
  });
  test("is understood byte by byte", async () => {
    await using server = await serve("127.0.0.1", script(["N", loggedIn, rows(3)], 1));
    expect(await ask(server.endpoint)).toEqual({ up: true, detail: "3 rows" });
  });
  test("is down when the query has no row", async () => {
    await using server = await serve("127.0.0.1", script(["N", loggedIn, rows(0)]));
    expect(await ask(server.endpoint)).toMatchObject({ up: false, reason: "mismatch" });
  });
  test.for<[string, string, string]>([
    ["28P01", "wrong password", "auth"],
    ["28000", "no entry", "auth"],
    ["3D000", "no database", "status"],
    ["53300", "too many clients", "status"],
    ["57P03", "starting up", "status"],
  ])("is down when it says %s: %s", async ([code, words, reason]) => {
    await using server = await serve("127.0.0.1", script(["N", refusal(code, words)]));
    expect(await ask(server.endpoint)).toEqual({ up: false, reason, detail: `${words} (${code})` });
  });
});

test("a pooler that may not be told a time limit is asked without", async () => {
  let connections = 0;
  await using server = await serve("127.0.0.1", (socket) => {
    const refused = refusal("08P01", "unsupported startup parameter: statement_timeout");
    script(["N", connections++ === 0 ? refused : loggedIn, rows(1)])(socket);
  });
  expect(await ask(server.endpoint)).toEqual({ up: true, detail: "1 row" });
  expect(connections).toBe(2);
});
test("a server that offers TLS and cannot do it is asked in plain", async () => {
  let connections = 0;
  await using server = await serve("127.0.0.1", (socket) => {
    script(connections++ === 0 ? ["S", "no TLS at all"] : [loggedIn, rows(1)])(socket);
  });
  expect(await ask(server.endpoint)).toEqual({ up: true, detail: "1 row" });
  expect(connections).toBe(2);
});

describe("what is no answer", () => {
  test.for<[string, readonly (Buffer | string)[], string]>([
    ["another protocol", ["HTTP/1.1 400 Bad Request\r\n\r\n"], "protocol"],
    ["words before TLS", ["Sx"], "protocol"],
    ["a server that cannot start a session", ["Ecould not fork\0"], "status"],
    ["a message of 16 MiB", ["N", Buffer.from([0x52, 1, 0, 0, 0])], "protocol"],
    ["a long message that is no row", ["N", Buffer.from([0x52, 0, 2, 0, 0])], "protocol"],
    ["a message shorter than its length", ["N", Buffer.from([0x52, 0, 0, 0, 3])], "protocol"],
    [
      "a kind of login that there is not",
      ["N", message("R", Buffer.from([0, 0, 0, 99]))],
      "protocol",
    ],
    ["an error without its end", ["N", message("E", "SFATAL\0Mno end\0")], "protocol"],
    ["an error of nothing", ["N", message("E", "")], "protocol"],
    ["a notice without its end", ["N", message("N", "SNOTICE")], "protocol"],
    ["a kind of message that there is not", ["N", message("q", "")], "protocol"],
    ["a row that nobody asked for", ["N", row], "protocol"],
    ["a row cut short", ["N", loggedIn, message("D", Buffer.from([0, 9]))], "protocol"],
    [
      "a SCRAM server that lies",
      ["N", message("R", "\0\0\0\x0aSCRAM-SHA-256\0\0"), message("R", "\0\0\0\x0br=x,s=eA==,i=1")],
      "auth",
    ],
  ])("is down for %s", async ([, answers, reason]) => {
    await using server = await serve("127.0.0.1", script(answers));
    expect(await ask(server.endpoint)).toMatchObject({ up: false, reason });
  });
  test("is down when notices never end, of which little is kept", async () => {
    await using server = await serve("127.0.0.1", (socket) => {
      script(["N"])(socket);
      const notices = Buffer.alloc(64 * 1024, message("N", "SNOTICE\0Mhello\0\0"));
      const pour = (): void => {
        while (!socket.destroyed && socket.write(notices));
      };
      socket.once("data", () => socket.once("data", pour)).on("drain", pour);
    });
    expect(await ask(server.endpoint)).toMatchObject({ up: false, reason: "protocol" });
  });
  test("is down when it closes within", async () => {
    await using server = await serve("127.0.0.1", (socket) => {
      script(["N", loggedIn.subarray(0, 7)])(socket);
      socket.once("data", () => socket.once("data", () => socket.end()));
    });
    expect(await ask(server.endpoint)).toMatchObject({ up: false, reason: "closed" });
  });
});

test.for([{ request: "SELECT 1" }, { login: "check" }, { login: "check", request: "/" }])(
  "the settings %j lack login or request",
  (changes) => {
    expect(pgsql.prepare(settings({ service: "pgsql", ...changes }))).toMatchObject({
      ok: true,
      value: { staysDown: expect.stringMatching(/^Must specify a login and request string /) },
    });
  },
);
