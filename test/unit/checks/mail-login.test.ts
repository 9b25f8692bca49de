/** What is the same for POP3 and IMAP, and for SMTP where there is no login in it. Each has a file of its own beside. */
import { describe, expect, test } from "vitest";
import type { Check, CheckSettings } from "../../../checks/check.ts";
import imap from "../../../checks/imap.ts";
import pop from "../../../checks/pop.ts";
import smtp from "../../../checks/smtp.ts";
import { Secret } from "../../../src/model/secret.ts";
import {
  closes,
  type LineAnswers,
  lineServer,
  silence,
} from "../../support/servers/line-server.ts";
import { loopbacks } from "../../support/servers/scripted.ts";
import { eventually, outcome, prepared, verdict, word } from "./probing.ts";

/** Sentences are the protocol's own. */
interface Protocol {
  readonly service: string;
  readonly check: Check;
  readonly settings?: Partial<CheckSettings>;
  readonly greeting: string;
  readonly foreign: readonly [sentence: string, greetings: readonly string[]];
  /** What is answered until there is no answer any more, */
  readonly silent: readonly [sentence: string, answers: LineAnswers];
  /** or no end of it. */
  readonly endless: readonly [sentence: string, answers: LineAnswers];
}

interface LoginProtocol extends Protocol {
  readonly farewell: LineAnswers[number];
  /** What a greeting alone is worth. */
  readonly greeted: { readonly detail: string; readonly heard: readonly string[] };
  readonly loggedIn: {
    readonly sentence: string;
    readonly answers: LineAnswers;
    readonly detail: string;
    readonly heard: readonly string[];
  };
  readonly turnedAway: readonly (readonly [sentence: string, greeting: string])[];
}

const noCapa = [/^CAPA$/, "-ERR unknown command"] as const;
const user = [/^USER monitor$/, "+OK"] as const;
const pop3: LoginProtocol = {
  service: "pop",
  check: pop,
  settings: { service: "pop", login: "monitor", passwd: new Secret("tanstaaf") },
  greeting: "+OK POP3 ready",
  farewell: [/^QUIT$/, closes("+OK bye")],
  greeted: { detail: "+OK POP3 ready", heard: ["QUIT"] },
  loggedIn: {
    sentence: "USER and PASS accepted is up",
    answers: [noCapa, user, [/^PASS tanstaaf$/, "+OK welcome"]],
    detail: "+OK welcome",
    heard: ["CAPA", "USER monitor", "PASS tanstaaf", "QUIT"],
  },
  turnedAway: ["-ERR busy", "-ERR [SYS/TEMP] later"].map((text) => [`at a greeting ${text}`, text]),
  foreign: ["at another protocol", ["* OK IMAP", "220 mail ESMTP", ""]],
  silent: [
    "when it says nothing after PASS, once the probe is cut",
    [noCapa, user, [/^PASS/, silence]],
  ],
  endless: ["when the list of capabilities never ends", [[/^CAPA/, "+OK\r\n".repeat(300_000)]]],
};

const imap4: LoginProtocol = {
  service: "imap",
  check: imap,
  settings: { service: "imap", login: "monitor", passwd: new Secret("hunter2") },
  greeting: "* OK [CAPABILITY IMAP4rev1 LITERAL+] ready",
  farewell: [/^c LOGOUT$/, closes("* BYE bye\r\nc OK done")],
  greeted: { detail: "* OK ready", heard: ["c LOGOUT"] },
  loggedIn: {
    sentence: "a login that is accepted is up, and no mailbox is opened",
    answers: [
      [/^b LOGIN "monitor" "hunter2"$/, "* CAPABILITY IMAP4rev1\r\nb OK [CAPABILITY X] Logged in"],
    ],
    detail: "OK Logged in",
    heard: ['b LOGIN "monitor" "hunter2"', "c LOGOUT"],
  },
  turnedAway: [["a greeting BYE is down", "* BYE too many connections"]],
  foreign: ["another protocol", ["+OK POP3 ready", "220 mail ESMTP", "* OKAY", ""]],
  silent: ["silence after it lasts until the probe is cut", [[/^b LOGIN/, silence]]],
  endless: [
    "a server that talks on and never answers it is down",
    [[/^b LOGIN/, "* 1 EXISTS\r\n".repeat(100_000)]],
  ],
};

const esmtp: Protocol = {
  service: "smtp",
  check: smtp,
  greeting: "220 mail.example ESMTP",
  foreign: [
    "what is no reply code is another protocol",
    ["* OK IMAP4rev1 ready", "SSH-2.0-OpenSSH_9.2", ""],
  ],
  silent: ["silence after EHLO lasts until the probe is cut", [[/^EHLO/, silence]]],
  endless: ["a reply that never ends", [[/^EHLO/, `${"250-another\r\n".repeat(100_000)}250-more`]]],
};

describe.for([pop3, imap4, esmtp])("$service", ({ check, settings, greeting, ...protocol }) => {
  const [foreign, greetings] = protocol.foreign;
  test.for(greetings)(`${foreign}: %s`, async (text) => {
    await using server = await lineServer(`${text}\r\n`);
    expect(await verdict(check, server.endpoint)).toMatchObject({ reason: "protocol" });
  });

  const [silent, fewAnswers] = protocol.silent;
  test(silent, async () => {
    await using server = await lineServer(greeting, fewAnswers);
    const result = await outcome(prepared(check, settings), server.endpoint, 200);
    expect([word(result), result.isCut]).toEqual(["no verdict", true]);
    expect(await eventually(() => server.held() === 0)).toBe(true);
  });

  const [endless, manyAnswers] = protocol.endless;
  test(endless, async () => {
    await using server = await lineServer(greeting, manyAnswers);
    expect(await verdict(check, server.endpoint, settings)).toEqual({
      up: false,
      reason: "protocol",
      detail: "the server never stops talking",
    });
  });

  test("it has negotiatetimeout", () => {
    expect(prepared(check, { checkTimeoutMs: 1, negotiateTimeoutMs: 7 }).timeoutMs).toBe(7);
  });
});

describe.for([pop3, imap4])("$service, with a login or without", (protocol) => {
  const { service, check, settings, greeting, greeted, loggedIn, farewell } = protocol;

  test.for(loopbacks)("a greeting is up; without a login none is tried, on %s", async (address) => {
    await using server = await lineServer(greeting, [farewell], { address });
    const { detail, heard } = greeted;
    expect(await verdict(check, server.endpoint, { service })).toEqual({ up: true, detail });
    expect(await eventually(() => server.heard.length > 0)).toBe(true);
    expect(server.heard).toEqual(heard);
  });

  test.for(loopbacks)(`${loggedIn.sentence}, on %s`, async (address) => {
    const { answers, detail, heard } = loggedIn;
    const byteByByte = { address, chunkBytes: 1 };
    await using server = await lineServer(greeting, [...answers, farewell], byteByByte);
    expect(await verdict(check, server.endpoint, settings)).toEqual({ up: true, detail });
    expect(await eventually(() => server.heard.length >= heard.length)).toBe(true);
    expect(server.heard).toEqual(heard);
  });

  test.for(protocol.turnedAway)("%s", async ([, text]) => {
    await using server = await lineServer(closes(text));
    const expected = { up: false, reason: "status", detail: text };
    for (const asked of [settings, { service }])
      expect(await verdict(check, server.endpoint, asked)).toEqual(expected);
  });

  test("probes are the same when login, password and TLS are", () => {
    const of = (changes: object): string => prepared(check, { ...settings, ...changes }).probeKey;
    expect(of({})).toBe(of({}));
    const others = [
      { service: `${service}s` },
      { service: `${service}s`, virtualHost: "mail.example" },
      { login: "other" },
      { passwd: new Secret("other") },
    ];
    expect(new Set([{}, ...others].map(of)).size).toBe(1 + others.length);
  });
});
