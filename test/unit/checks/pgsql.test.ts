import { describe, expect, test } from "vitest";
import type { CheckSettings, Verdict } from "../../../checks/check.ts";
import pgsql from "../../../checks/pgsql.ts";
import type { Endpoint } from "../../../src/model/address.ts";
import { Secret } from "../../../src/model/secret.ts";
import { loggedIn, message, refusal, row, rows } from "../../support/servers/pgsql-messages.ts";
import { loopbacks, serve, talking } from "../../support/servers/scripted.ts";
import { eventually, verdict } from "./probing.ts";

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
    await using server = await serve(address, talking(["N", loggedIn, rows(1)], { heard }));
    expect(await ask(server.endpoint)).toEqual({ up: true, detail: "1 row" });
    expect(heard[0]).toBe("\0\0\0\x08\x04\xd2\x16\x2f");
    for (const words of ["user\0check\0", "database\0site\0", "statement_timeout\x006000\0"])
      expect(heard[1]).toContain(words);
    expect(await eventually(() => heard.length === 4)).toBe(true);
    expect(heard.slice(2)).toEqual(["Q\0\0\0\x0dSELECT 1\0", "X\0\0\0\x04"]);
  });
});

test("a pooler that may not be told a time limit is asked without", async () => {
  let connections = 0;
  await using server = await serve("127.0.0.1", (socket) => {
    const refused = refusal("08P01", "unsupported startup parameter: statement_timeout");
    talking(["N", connections++ === 0 ? refused : loggedIn, rows(1)])(socket);
  });
  expect(await ask(server.endpoint)).toEqual({ up: true, detail: "1 row" });
  expect(connections).toBe(2);
});
test("a server that offers TLS and cannot do it is asked in plain", async () => {
  let connections = 0;
  await using server = await serve("127.0.0.1", (socket) => {
    talking(connections++ === 0 ? ["S", "no TLS at all"] : [loggedIn, rows(1)])(socket);
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
    await using server = await serve("127.0.0.1", talking(answers));
    expect(await ask(server.endpoint)).toMatchObject({ up: false, reason });
  });
  test("is down when notices never end, of which little is kept", async () => {
    await using server = await serve("127.0.0.1", (socket) => {
      talking(["N"])(socket);
      const notices = Buffer.alloc(64 * 1024, message("N", "SNOTICE\0Mhello\0\0"));
      const pour = (): void => {
        while (!socket.destroyed && socket.write(notices));
      };
      socket.once("data", () => socket.once("data", pour)).on("drain", pour);
    });
    expect(await ask(server.endpoint)).toMatchObject({ up: false, reason: "protocol" });
  });
});

test.for([["N"], ["S"]])("TLS demanded, %s: nothing is said in plain", async ([answer = ""]) => {
  const heard: string[] = [];
  // After S comes what is no TLS.
  await using server = await serve("127.0.0.1", talking([answer, "nonsense"], { heard }));
  expect(await ask(server.endpoint, { demandsTls: true })).toMatchObject({
    up: false,
    reason: "tls",
  });
  expect(heard.join("")).not.toContain("check");
});
