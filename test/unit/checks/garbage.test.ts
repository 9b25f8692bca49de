/** Whatever a server says, the check makes a verdict of it: no bug of ours, and no trouble of ours. */
import { randomBytes } from "node:crypto";
import { createServer } from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import { loadChecks } from "../../../checks/registry.ts";
import { Secret } from "../../../src/model/secret.ts";
import { close, listen } from "../../support/servers/scripted.ts";
import { outcome, prepared } from "./probing.ts";

const checks = await loadChecks();
const login = { login: "user", passwd: new Secret("secret") };

/** What a right server says in its turns; a greeting first, "" for none. */
const talks: Readonly<Record<string, readonly string[]>> = {
  http: [
    "",
    "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/x?y#z\r\nContent-Length: 5\r\n\r\nhello",
  ],
  http_proxy: ["", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"],
  ftp: [
    "220 hi\r\n",
    "331 pw\r\n",
    "230 in\r\n",
    "250 ok\r\n",
    "200 ok\r\n",
    "227 (127,0,0,1,0,1)\r\n",
  ],
  imap: ["* OK [CAPABILITY x] hi\r\n", "b OK in\r\n"],
  pop: ["+OK <a@b>\r\n", "-ERR\r\n", "+OK\r\nSASL CRAM-MD5\r\n.\r\n", "+ YWJj\r\n", "+OK\r\n"],
  smtp: ["220-a\r\n220 b\r\n", "250-x\r\n250 y\r\n"],
  nntp: ["200 hi\r\n"],
  redis: ["", "+OK\r\n", "+PONG\r\n"],
  simpletcp: ["", "hello\nworld\n"],
  sip: ["", "SIP/2.0 100 T\r\nContent-Length: 3\r\n\r\nabcSIP/2.0 200 OK\r\n\r\n"],
};

const mutation = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  kind: fc.constantFrom("byte", "cut", "insert", "double", "long", "unicode"),
  code: fc.nat(255),
});

function mutate(text: string, { at, kind, code }: { at: number; kind: string; code: number }) {
  const place = Math.floor(at * text.length);
  const [before, after] = [text.slice(0, place), text.slice(place)];
  const inserted = {
    byte: String.fromCharCode(code),
    cut: "",
    insert: randomBytes(20).toString("latin1"),
    double: before,
    long: "a".repeat(300),
    unicode: "\xe4\xb8\xad".repeat(30),
  }[kind];
  return before + inserted + (kind === "byte" || kind === "cut" ? after.slice(1) : after);
}

test.for(Object.keys(talks))("%s", { timeout: 30_000 }, async (service) => {
  let script: readonly string[] = [];
  const server = createServer((socket) => {
    const turns = [...script];
    const say = (): void => {
      const words = turns.shift();
      if (words === undefined) socket.end();
      else if (words !== "") socket.write(words, "latin1");
    };
    socket.on("error", () => {}).on("data", say);
    say();
  });
  const target = await listen(server, "127.0.0.1");
  const check = checks.byService(service);
  if (check === undefined) throw new Error(`no check for ${service}`);
  const request = service === "http_proxy" ? "http://origin.example/" : "/f";
  const probe = prepared(check, { ...login, service, request, receive: "hello", real: target });
  try {
    await fc.assert(
      fc.asyncProperty(fc.nat(5), fc.array(mutation, { maxLength: 3 }), async (turn, mutations) => {
        const talk = talks[service] ?? [];
        script = talk.map((words, index) =>
          index === turn % talk.length ? mutations.reduce(mutate, words) : words,
        );
        const { verdict, isCut, error } = await outcome(probe, target, 200);
        if (verdict === undefined) expect(isCut, String(error)).toBe(true);
        else expect(verdict.up || verdict.reason !== "internal").toBe(true);
      }),
      { numRuns: 60 },
    );
  } finally {
    await close(server);
  }
});
