import fc from "fast-check";
import { expect, test } from "vitest";
import { fieldsOf, textOf } from "../../../src/log/events/events.ts";
import { json } from "../../../src/log/json-format.ts";
import { bare, dated } from "../../../src/log/line-format.ts";
import type { LogRecord } from "../../../src/log/record.ts";
import { printable } from "../../../src/model/one-line.ts";
import { endpoint, mark, tcp } from "../../support/builders.ts";

const context = { instance: "web.cf", configFile: "/etc/ha.d/web.cf" };
const time = new Date(2026, 10, 22, 17, 17, 29).getTime();

const failed = (detail: string): LogRecord => {
  const values = {
    real: endpoint("10.0.0.3:80"),
    virtual: tcp("10.0.0.1:80"),
    check: "http 10.0.0.3:80",
    reason: "refused",
    detail,
    durationMs: 3,
  };
  const text = textOf("real-failed", values);
  const fields = fieldsOf("real-failed", values);
  return { time, severity: "info", name: "real-failed", text, fields };
};

const asJson = (record: LogRecord) => json(context, 4711)(printable(record.text), record);

test("an object has level, time and pid, then what the journal has, by the journal's names", () => {
  const line = asJson(failed("connection refused"));
  expect(Object.entries(JSON.parse(line))).toEqual([
    ["level", "info"],
    ["time", new Date(time).toISOString()],
    ["pid", 4711],
    ["MESSAGE", "Check failed: 10.0.0.3:80 (10.0.0.1:80) refused: connection refused"],
    ["PRIORITY", 6],
    ["SYSLOG_IDENTIFIER", "ldirectord"],
    ["INSTANCE", "web.cf"],
    ["CONFIG_FILE", "/etc/ha.d/web.cf"],
    ["EVENT", "real-failed"],
    ["MESSAGE_ID", "ef47fe7d6c584ef8998394f62b7582b0"],
    ["REAL", "10.0.0.3:80"],
    ["VIRTUAL", "10.0.0.1:80"],
    ["CHECK", "http 10.0.0.3:80"],
    ["REASON", "refused"],
    ["DETAIL", "connection refused"],
    ["DURATION_MS", 3],
  ]);
});

test.for(["debug", "info", "notice", "warning", "error"] as const)(
  "%s is its level's word",
  (severity) => {
    const record: LogRecord = { time, severity, name: "debug", text: "a", fields: {} };
    expect(JSON.parse(asJson(record))).toMatchObject({ level: severity, EVENT: "debug" });
  },
);

test("whatever a server says, a record is one line, one object, and no other field", () => {
  const hostile = fc.oneof(
    fc.string({ unit: "binary", maxLength: 200 }),
    fc.constantFrom(
      '","EVENT":"forged',
      '"}\n{"EVENT":"forged"}',
      "\r\n\u2028\u0085\u009b2J\x1b[2J\u202e\ud800\\",
      "x".repeat(50_000),
    ),
  );
  fc.assert(
    fc.property(hostile, (detail) => {
      const line = asJson(failed(detail));
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
      expect(line).not.toMatch(/[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]/);
      const entry = JSON.parse(line);
      expect(Object.keys(entry)).toEqual(Object.keys(JSON.parse(asJson(failed("fine")))));
      expect(entry).toMatchObject({
        EVENT: "real-failed",
        REASON: "refused",
        DETAIL: printable(detail),
      });
    }),
  );
});

test("in text what is for debugging is marked, and nothing else", () => {
  const debug: LogRecord = { time, severity: "debug", name: "debug", text: "a", fields: {} };
  const added = { ...debug, severity: "notice", name: "virtual-added" } as const;
  expect(bare("a", debug)).toBe("DEBUG2: a");
  expect(dated("a", debug)).toBe("[Sun Nov 22 17:17:29 2026] DEBUG2: a");
  expect(bare("a", added)).toBe("a");
});

test("a row that is mapped is named as the table and as the file have it, in text and field", () => {
  const values = {
    real: { ...endpoint("10.0.0.3:80"), mappedFrom: endpoint("10.0.0.3:8080") },
    virtual: mark(5),
  };
  const real = "10.0.0.3:80 mapped from 10.0.0.3:8080";
  expect(textOf("real-deleted", values)).toBe(`Deleted real server: ${real} (5)`);
  expect(fieldsOf("real-deleted", values)).toEqual({ real, virtual: "5" });
});

test("port 0, which is none, stands in the fields and not in texts of our own", () => {
  const values = { real: endpoint("10.0.0.3:0"), virtual: mark(5) };
  expect(textOf("maintenance-left", values)).toBe("Maintenance over: 10.0.0.3 (5)");
  expect(fieldsOf("maintenance-left", values)).toEqual({ real: "10.0.0.3:0", virtual: "5" });
});
