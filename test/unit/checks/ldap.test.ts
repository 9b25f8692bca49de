import type { Socket } from "node:net";
import { describe, expect, test } from "vitest";
import type { CheckSettings, Verdict } from "../../../checks/check.ts";
import ldap from "../../../checks/ldap.ts";
import type { Endpoint } from "../../../src/model/address.ts";
import { Secret } from "../../../src/model/secret.ts";
import { loopbacks, sendInChunks, serve } from "../../support/servers/scripted.ts";
import { prepared, settings, verdict } from "./probing.ts";

/** A BER value whose content is less than 64 KiB. */
function ber(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const header = length < 0x80 ? [tag, length] : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(header), content]);
}
const text = (words: string): Buffer => ber(4, Buffer.from(words));
/** What the server says of one request: operations, each to go into a message, or bytes as they are. */
type Answer = readonly Buffer[] | Buffer;
const inMessages = (answer: Answer, id: number): Buffer =>
  Buffer.isBuffer(answer)
    ? answer
    : Buffer.concat(answer.map((operation) => ber(0x30, ber(2, Buffer.from([id])), operation)));
const result = (tag: number, code: number, words = ""): Buffer =>
  ber(tag, ber(10, Buffer.from([code])), text(""), text(words));
const bound = (code: number, words?: string): Answer => [result(0x61, code, words)];
const entry = (dn: string): Buffer => ber(0x64, text(dn), ber(0x30));
const done = (code: number, words?: string): Buffer => result(0x65, code, words);
/** Where the message's number stands in the short requests that are sent here. */
const idAt = 4;

/** Answers the bind, then the search; each as one chunk, or byte by byte. */
const script =
  (answers: readonly Answer[], chunkBytes?: number, heard: Buffer[] = []) =>
  (socket: Socket): void => {
    let next = 0;
    socket.setNoDelay(true).on("data", (request: Buffer) => {
      heard.push(request);
      sendInChunks(socket, inMessages(answers[next++] ?? [], request[idAt] ?? 0), chunkBytes);
    });
  };

const ask = (target: Endpoint, changes: Partial<CheckSettings> = {}): Promise<Verdict> =>
  verdict(ldap, target, { service: "ldap", request: "/dc=example", ...changes });

const reasonOf = (said: Verdict): string => (said.up ? "up" : said.reason);

describe("the answer", () => {
  test.for(loopbacks)("is up at %s when there is one entry", async (address) => {
    const script1 = script([bound(0), [entry("dc=example"), done(0)]]);
    await using server = await serve(address, script1);
    expect(await ask(server.endpoint)).toEqual({ up: true, detail: "dc=example" });
  });
  test("is understood when it comes byte by byte", async () => {
    const answers = [bound(0), [entry(`dc=${"é".repeat(150)}`), done(0)]];
    await using server = await serve("127.0.0.1", script(answers, 1));
    expect(await ask(server.endpoint, { receive: "(é){150}$" })).toMatchObject({ up: true });
  });
  test("is up when the bind is answered twice", async () => {
    const bindTwice = [result(0x61, 0), result(0x61, 0)];
    await using server = await serve(
      "127.0.0.1",
      script([bindTwice, [entry("dc=example"), done(0)]]),
    );
    expect(await ask(server.endpoint)).toMatchObject({ up: true });
  });
  test.for<[string, Answer, Partial<Verdict>]>([
    ["no entry", [done(0)], { reason: "mismatch", detail: 'no entries for "dc=example"' }],
    [
      "two entries",
      [entry("dc=a"), entry("dc=b"), done(0)],
      { reason: "mismatch", detail: '2 entries for "dc=example"' },
    ],
    ["a referral", [done(10)], { reason: "status", detail: expect.stringContaining("(10)") }],
    ["no rights", [done(50, "who?")], { reason: "auth", detail: expect.stringContaining("who?") }],
    ["a server that is busy", [done(51)], { reason: "status" }],
    ["another DN", [entry("dc=other"), done(0)], { reason: "mismatch" }],
  ])("is down for %s", async ([, answer, said]) => {
    await using server = await serve("127.0.0.1", script([bound(0), answer]));
    expect(await ask(server.endpoint, { receive: "example" })).toMatchObject({
      up: false,
      ...said,
    });
  });
  test.for<[string, number, string]>([
    ["wrong password", 49, "auth"],
    ["stronger authentication wanted", 8, "auth"],
    ["unwilling", 53, "auth"],
    ["busy", 51, "status"],
    ["unavailable", 52, "status"],
  ])("is down when the bind is refused: %s", async ([, code, reason]) => {
    await using server = await serve("127.0.0.1", script([bound(code, "no")]));
    expect(await ask(server.endpoint)).toEqual({
      up: false,
      reason,
      detail: expect.stringMatching(`^bind refused: .* \\(${code}\\): no$`),
    });
  });
});

describe("what is sent", () => {
  test("is a simple bind of version 3 with login and password, then a search for no attributes", async () => {
    const heard: Buffer[] = [];
    const answers = [bound(0), [entry("dc=example"), done(0)]];
    await using server = await serve("127.0.0.1", script(answers, undefined, heard));
    await ask(server.endpoint, { login: "cn=me", passwd: new Secret("geheim") });
    expect(heard.map((bytes) => bytes.toString("latin1"))).toEqual([
      "0\x17\x02\x01\x01`\x12\x02\x01\x03\x04\x05cn=me\x80\x06geheim",
      expect.stringMatching(/dc=example[\s\S]*objectClass[\s\S]*1\.1$/),
    ]);
  });
  test("is an anonymous bind when the login or the password is missing", async () => {
    const heard: Buffer[] = [];
    await using server = await serve("127.0.0.1", script([bound(49)], undefined, heard));
    await ask(server.endpoint, { login: "cn=me" });
    await ask(server.endpoint, { passwd: new Secret("geheim") });
    const anonymous = "0\x0c\x02\x01\x01`\x07\x02\x01\x03\x04\x00\x80\x00";
    expect(heard.map((bytes) => bytes.toString("latin1"))).toEqual([anonymous, anonymous]);
  });
});

describe("what is no answer", () => {
  test.for<[string, Answer]>([
    ["a message of 16 MiB", Buffer.from([0x30, 0x84, 1, 0, 0, 0])],
    ["a length of 8 bytes", Buffer.from([0x30, 0x88, 0, 0, 0, 0, 0, 0, 0, 1])],
    ["an endless length", Buffer.from([0x30, 0x80, 0, 0])],
    ["another protocol", Buffer.from("+OK ready\r\n")],
    ["an operation that LDAP has not", [ber(0x7e)]],
    ["an answer to nobody's question", ber(0x30, ber(2, Buffer.from([9])), result(0x61, 0))],
    ["a number of no bytes", ber(0x30, ber(2), result(0x61, 0))],
    ["a result without words", [ber(0x61, ber(10, Buffer.from([0])))]],
    [
      "a value that leaves its message",
      ber(0x30, ber(2, Buffer.from([1])), Buffer.from([0x61, 9])),
    ],
    ["an empty message", ber(0x30)],
  ])("is down at once: %s", async ([, bytes]) => {
    await using server = await serve("127.0.0.1", script([bytes]));
    expect(await ask(server.endpoint)).toMatchObject({ up: false, reason: "protocol" });
  });
  test("is down when the server ends the connection with a notice", async () => {
    const notice = ber(0x30, ber(2, Buffer.from([0])), result(0x78, 52, "going away"));
    await using server = await serve("127.0.0.1", script([bound(0), notice]));
    expect(await ask(server.endpoint)).toEqual({
      up: false,
      reason: "status",
      detail: "the server ends the connection: unavailable (52): going away",
    });
  });
  // What a decoder that trusts lengths, or takes what is missing for empty, never comes back from.
  test.for<[string, Buffer]>([
    ["no attributes", ber(0x64, text("dc=example"))],
    [
      "a list of attributes longer than itself",
      ber(0x64, text("dc=example"), Buffer.from([0x30, 0x20])),
    ],
    ["no DN", ber(0x64)],
  ])("comes to an end for an entry with %s", async ([, bad]) => {
    await using server = await serve("127.0.0.1", script([bound(0), [bad, done(0)]]));
    expect(["up", "protocol"]).toContain(reasonOf(await ask(server.endpoint)));
  });
  test("is down when the entries never end", async () => {
    await using server = await serve("127.0.0.1", (socket) => {
      script([bound(0)])(socket);
      const many = inMessages(
        Array.from({ length: 500 }, () => entry("dc=example")),
        2,
      );
      const pour = (): void => {
        while (!socket.destroyed && socket.write(many));
      };
      socket.once("data", () => socket.once("data", pour)).on("drain", pour);
    });
    expect(await ask(server.endpoint)).toEqual({
      up: false,
      reason: "protocol",
      detail: "the server never stops talking",
    });
  });
  test("is down when the server closes after the bind", async () => {
    await using server = await serve("127.0.0.1", (socket) => {
      script([bound(0)])(socket);
      socket.once("data", () => socket.once("data", () => socket.end()));
    });
    expect(await ask(server.endpoint)).toMatchObject({ up: false, reason: "closed" });
  });
});

test("checktimeout is its time", () => {
  const times = { checkTimeoutMs: 1234, negotiateTimeoutMs: 99 };
  expect(prepared(ldap, { service: "ldaps", ...times }).timeoutMs).toBe(1234);
});
test("a receive that is no pattern is told when the file is read", () => {
  expect(ldap.prepare(settings({ service: "ldap", receive: "(" }))).toMatchObject({ ok: false });
});
