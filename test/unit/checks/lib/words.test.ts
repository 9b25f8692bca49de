import type { Socket } from "node:net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { down } from "../../../../checks/check.ts";
import { masked } from "../../../../checks/lib/mask.ts";
import { noteReceived, noteSent, Words } from "../../../../checks/lib/words.ts";
import { loadChecks } from "../../../../checks/registry.ts";
import { Secret } from "../../../../src/model/secret.ts";
import { serve } from "../../../support/servers/scripted.ts";
import { prepared } from "../probing.ts";

const checks = await loadChecks();
const base64 = (text: string) => Buffer.from(text).toString("base64");

/** What is kept of a run in which that was said. @param secret veiled by a probe that is masked */
async function kept(
  say: (signal: AbortSignal) => void,
  secret?: string,
): Promise<readonly string[]> {
  const { signal } = new AbortController();
  const words = Words.of(signal);
  const passwd = secret === undefined ? undefined : new Secret(secret);
  const probe = async () => {
    say(signal);
    return down("auth", "no");
  };
  const it = masked({ passwd, login: "monitor" }, { timeoutMs: 1, probeKey: "", probe });
  await it.probe({ address: "", port: 0 }, signal);
  return words.lines();
}

describe("what is kept", () => {
  test("a line for each side that said something", async () => {
    expect(await kept(() => {})).toEqual([]);
    expect(await kept((signal) => noteReceived(signal, "220 hi\r\n"))).toEqual(["< 220 hi⏎"]);
    const both = await kept((signal) => {
      noteSent(signal, "NOOP\r\n");
      noteReceived(signal, Buffer.from("250 ok\r\n"));
      noteSent(signal, "QUIT\r\n");
    });
    expect(both).toEqual(["> NOOP⏎ QUIT⏎", "< 250 ok⏎"]);
  });

  test("no byte that a terminal would obey", async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    const [line = ""] = await kept((signal) => noteReceived(signal, bytes));
    expect(line).not.toMatch(/\p{Cc}/u);
    expect(line).toContain("ABC");
  });

  test("the beginning of much, whatever comes, and in whatever pieces", async () => {
    const [line = ""] = await kept((signal) => {
      for (let i = 0; i < 10_000; i++) noteReceived(signal, "0123456789");
    });
    expect(line).toMatch(/^< (0123456789){40}…$/);
  });

  test("nothing of a run that nobody listens to", () => {
    const { signal } = new AbortController();
    noteSent(signal, "QUIT");
    expect(Words.find(signal)).toBeUndefined();
  });
});

describe("a secret", () => {
  const secret = "correct-horse";

  test.for<[how: string, said: string]>([
    ["in plain", `PASS ${secret}\r\n`],
    ["in base64", `AUTH PLAIN ${base64(`\0monitor\0${secret}`)}\r\n`],
    ["in base64 of another length", `Authorization: Basic ${base64(`monitors:${secret}`)}`],
    ["in a URL", `GET /?p=${encodeURIComponent(secret)}`],
    ["in hex", Buffer.from(secret).toString("hex")],
  ])("%s is not shown, of either side", async ([, said]) => {
    const lines = await kept((signal) => {
      noteSent(signal, said);
      noteReceived(signal, `you said ${said}`);
    }, secret);
    expect(lines).toHaveLength(2);
    for (const line of lines) {
      expect(line).toContain("[secret]");
      expect(line).not.toContain(secret);
      expect(line).not.toContain(base64(secret).slice(0, -4));
    }
  });

  test("that is too short to be told from other words takes all of its side", async () => {
    const lines = await kept((signal) => {
      noteSent(signal, "PASS ab\r\n");
      noteReceived(signal, "+OK\r\n");
    }, "ab");
    expect(lines).toEqual(["> [secret]", "< +OK⏎"]);
  });

  test("that comes in two pieces is one, all the same", async () => {
    const lines = await kept((signal) => {
      noteSent(signal, `PASS ${secret.slice(0, 5)}`);
      noteSent(signal, `${secret.slice(5)}\r\n`);
    }, secret);
    expect(lines).toEqual(["> PASS [secret]⏎"]);
  });

  test("is not shown wherever it stands, cut or whole", async () => {
    const form = fc.constantFrom(secret, base64(secret));
    const [before, after] = [fc.integer({ min: 0, max: 1_700 }), fc.string({ maxLength: 40 })];
    await fc.assert(
      fc.asyncProperty(before, form, after, async (chars, text, rest) => {
        const said = `${"x".repeat(chars)}${text}${rest}`;
        const [line = ""] = await kept((signal) => noteReceived(signal, said), secret);
        expect(line).not.toContain(text.slice(0, 6));
      }),
      {
        numRuns: 1_000,
        examples: [
          [395, base64(secret), ""],
          [1_590, secret, ""],
        ],
      },
    );
  });
});

/** Greets, and says back what it is told. */
const echoing = (greeting: string, answer: (line: string) => string) => (socket: Socket) => {
  let rest = "";
  socket.write(`${greeting}\r\n`);
  socket.on("data", (bytes: Buffer) => {
    const lines = `${rest}${bytes.toString("latin1")}`.split("\r\n");
    rest = lines.pop() ?? "";
    for (const line of lines) socket.write(`${answer(line)}\r\n`);
  });
};

describe("the login of a check is exchanged without its password in what is kept", () => {
  test.for<[service: string, greeting: string, answer: (line: string) => string, sent: RegExp]>([
    ["pop", "+OK hi", (line) => (/^USER/.test(line) ? "+OK" : `-ERR ${line}`), /PASS \[secret\]/],
    ["imap", "* OK hi", (line) => `${line.split(" ")[0]} NO ${line}`, /LOGIN .*\[secret\]/],
    [
      "ftp",
      "220 hi",
      (line) => (/^USER/.test(line) ? "331 go on" : `530 ${line}`),
      /PASS \[secret\]/,
    ],
  ])("%s", async ([service, greeting, answer, sent]) => {
    await using server = await serve("127.0.0.1", echoing(greeting, answer));
    const check = checks.byService(service);
    if (check === undefined) throw new Error(`no check for ${service}`);
    const passwd = new Secret("correct-horse");
    const { signal } = new AbortController();
    const words = Words.of(signal);
    const { probe } = prepared(check, { service, login: "monitor", passwd });
    expect((await probe(server.endpoint, signal)).up).toBe(false);
    const lines = words.lines();
    expect(lines[0]).toMatch(sent);
    expect(lines[1]).toContain("[secret]");
    expect(lines.join()).not.toContain("correct");
  });
});
