import { fstatSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createLogger } from "../../../src/log/create-logger.ts";
import { events } from "../../../src/log/events/events.ts";
import { isJournalStream } from "../../../src/log/sinks/journal-stream.ts";
import { journaldSink } from "../../../src/log/sinks/journald.ts";
import { endpoint, mark, tcp, udp } from "../../support/builders.ts";

const context = { instance: "web.cf", configFile: "/etc/ha.d/web.cf" };

function journal() {
  const entries: Buffer[] = [];
  const last: string[] = [];
  const socket = {
    problem: undefined as string | undefined,
    send(data: Buffer) {
      if (this.problem !== undefined) return false;
      entries.push(data);
      return true;
    },
    close() {},
  };
  const destination = journaldSink(context, socket, (text) => last.push(text));
  return { entries, last, socket, log: createLogger([destination]) };
}

const fieldsOf = (entry: Buffer | undefined): Record<string, string> =>
  Object.fromEntries(
    (entry ?? "")
      .toString()
      .trimEnd()
      .split("\n")
      .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );

test("an entry has the text, the priority, and what it is made of as fields of their own", () => {
  const { entries, log } = journal();
  log.event("real-failed", {
    real: endpoint("10.0.0.3:80"),
    virtual: tcp("10.0.0.1:80"),
    check: "http 10.0.0.3:80",
    reason: "refused",
    detail: "connection refused",
    durationMs: 3,
  });
  expect(fieldsOf(entries[0])).toEqual({
    MESSAGE: "Check failed: 10.0.0.3:80 (10.0.0.1:80) refused: connection refused",
    MESSAGE_ID: events["real-failed"].id,
    PRIORITY: "6",
    SYSLOG_IDENTIFIER: "ldirectord",
    EVENT: "real-failed",
    INSTANCE: "web.cf",
    CONFIG_FILE: "/etc/ha.d/web.cf",
    REAL: "10.0.0.3:80",
    VIRTUAL: "10.0.0.1:80",
    CHECK: "http 10.0.0.3:80",
    REASON: "refused",
    DETAIL: "connection refused",
    DURATION_MS: "3",
  });
});

test.for([
  ["tcp:10.0.0.1:80", "10.0.0.1:80", "tcp", tcp("10.0.0.1:80")],
  ["udp:[fd00::1]:53", "[fd00::1]:53", "udp", udp("[fd00::1]:53")],
  ["fwm6:5", "5", "fwm6", mark(5, 6)],
  ["fwm:5", "5", "fwm", mark(5)],
] as const)("%s is asked for as the file writes it: VIRTUAL=%s", ([id, virtual, protocol, key]) => {
  const { entries, log } = journal();
  log.event("soft-failures-reset", { real: endpoint("10.0.0.3:80"), virtual: key });
  expect(fieldsOf(entries[0])["MESSAGE"]).toContain(`(${id})`);
  expect(fieldsOf(entries[0])).toMatchObject({ VIRTUAL: virtual, PROTOCOL: protocol });
});

test("no other field can be slipped in with a value", () => {
  const { entries, log } = journal();
  log.event("command-failed", { command: "a\nPRIORITY=0", cause: "x\x1b[2J\u2028y" });
  expect(fieldsOf(entries[0])).toMatchObject({
    COMMAND: "a PRIORITY=0",
    CAUSE: "x [2J y",
    PRIORITY: "3",
  });
});

test("several lines are one entry; a mistake has its line; a field too long for a datagram is cut", () => {
  const { entries, log } = journal();
  log.event("config-error", { text: "one\ntwo", configLine: 12 });
  log.event("config-error", { text: "é".repeat(100_000) });
  expect(fieldsOf(entries[0])["MESSAGE"]).toBe("one two");
  expect(fieldsOf(entries[0])["CONFIG_LINE"]).toBe("12");
  expect(entries[1]?.length).toBeLessThan(20_000);
  expect(fieldsOf(entries[1])["MESSAGE"]).toMatch(/…/);
});

test("a journald that takes nothing costs messages, which are counted", () => {
  const { entries, last, socket, log } = journal();
  socket.problem = "EAGAIN";
  for (let n = 0; n < 5; n++) log.event("config-ignored", {});
  socket.problem = undefined;
  log.event("config-reread", {});
  expect(last).toHaveLength(1);
  expect(entries.map((entry) => fieldsOf(entry)["MESSAGE"])).toEqual([
    "5 messages lost: the journal could not be written: EAGAIN",
    " - reread new configuration",
  ]);
});

describe("message ids", () => {
  test("every event has one of its own, of 128 bits", () => {
    const ids = Object.values(events).map(({ id }) => id);
    expect(ids.filter((id) => !/^[0-9a-f]{32}$/.test(id))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

test("standard error is the journal's when systemd says that very stream is", () => {
  const { dev, ino } = fstatSync(2, { bigint: true });
  expect(isJournalStream({ JOURNAL_STREAM: `${dev}:${ino}` })).toBe(true);
  expect(isJournalStream({ JOURNAL_STREAM: `${dev}:${ino + 1n}` })).toBe(false);
  expect(isJournalStream({})).toBe(false);
});
