import { generateKeyPairSync } from "node:crypto";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { CheckSettings, Verdict } from "../../../checks/check.ts";
import mysql from "../../../checks/mysql.ts";
import type { Endpoint } from "../../../src/model/address.ts";
import { Secret } from "../../../src/model/secret.ts";
import {
  column,
  greeting,
  okay,
  packet,
  refusal,
  rows,
  session,
} from "../../support/servers/mysql-packets.ts";
import { loopbacks, serve, type TalkOptions, talking } from "../../support/servers/scripted.ts";
import { eventually, verdict } from "./probing.ts";

const script = (answers: readonly (Buffer | string)[], options: TalkOptions = {}) =>
  talking(answers, { isFirst: true, ...options });

const right: Partial<CheckSettings> = {
  service: "mysql",
  login: "check",
  passwd: new Secret("geheim"),
  database: "site",
  request: "/SELECT 1",
};
const ask = (target: Endpoint, changes: Partial<CheckSettings> = {}): Promise<Verdict> =>
  verdict(mysql, target, { ...right, ...changes });

describe("the answer", () => {
  test.for(loopbacks)("is up at %s when the query has a row", async (address) => {
    const heard: string[] = [];
    await using server = await serve(address, script(session(rows(1)), { heard }));
    expect(await ask(server.endpoint)).toEqual({ up: true, detail: "1 row" });
    for (const words of ["check\0", "site\0"]) expect(heard[0]).toContain(words);
    expect(heard[0]).not.toContain("geheim");
    expect(await eventually(() => heard.length === 4)).toBe(true);
    const commands = heard.map((packets) => packets.slice(4));
    expect(commands.slice(1)).toEqual([
      "\x03SET lock_wait_timeout=6 /*M!100101 ,max_statement_time=6 */ /*!50708 ,max_execution_time=6000 */",
      "\x03SELECT 1",
      "\x01",
    ]);
  });
  test("counts although the server knows nothing of time limits", async () => {
    const answers = [greeting, okay(2), refusal(1, 1193, "Unknown system variable"), rows(1)];
    await using server = await serve("127.0.0.1", script(answers));
    expect(await ask(server.endpoint)).toEqual({ up: true, detail: "1 row" });
  });
  test.for<[string, string]>([
    ["the password in the clear", "mysql_clear_password\0"],
    ["a way to log in that we do not know", "client_ed25519\0sssssssssssssssssssssssssssssssss"],
  ])("is down when it wants %s, which it does not get", async ([, wanted]) => {
    const heard: string[] = [];
    const answers = [greeting, packet(2, `\xfe${wanted}`)];
    await using server = await serve("127.0.0.1", script(answers, { heard }));
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
});

describe("a server that wants the password itself, by its own key, without TLS", () => {
  const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const key = publicKey.export({ type: "spki", format: "pem" });
  const scramble = `${"s".repeat(20)}\0`;
  const switchTo = (plugin: string) => packet(2, `\xfe${plugin}\0${scramble}`);
  const ways: readonly [plugin: string, answers: readonly Buffer[]][] = [
    ["caching_sha2_password", [packet(4, "\x01\x04"), packet(6, `\x01${key}`)]],
    ["sha256_password", [packet(4, `\x01${key}`)]],
  ];

  test.for(ways)("by %s does not get it when TLS is demanded", async ([plugin, answers]) => {
    const heard: string[] = [];
    const talk = script([greeting, switchTo(plugin), ...answers], { heard });
    await using server = await serve("127.0.0.1", talk);
    expect(await ask(server.endpoint, { demandsTls: true })).toEqual({
      up: false,
      reason: "auth",
      detail: "the server wants the password itself, without TLS, and demand-tls names mysql",
    });
    // Nothing as long as what is encrypted to a key of 2048 bits.
    expect(heard.slice(1).every((said) => said.length < 256)).toBe(true);
  });
});
