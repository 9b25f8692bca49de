import { expect, test } from "vitest";
import { createLogger } from "../../../src/log/create-logger.ts";
import type { LogRecord, LogSink } from "../../../src/log/record.ts";
import type { LogLevel } from "../../../src/model/log-target.ts";
import { endpoint, tcp } from "../../support/builders.ts";

function remember(): LogSink & { readonly records: LogRecord[]; isClosed: boolean } {
  const records: LogRecord[] = [];
  return {
    records,
    isClosed: false,
    write: (record) => void records.push(record),
    close() {
      this.isClosed = true;
    },
  };
}

test("every destination gets name, severity, time, text and fields", () => {
  const [one, two] = [remember(), remember()];
  const logger = createLogger([one, two], { now: () => 5 });
  logger.event("real-deleted", { real: endpoint("10.0.0.3:80"), virtual: tcp("10.0.0.1:80") });
  const record = {
    time: 5,
    name: "real-deleted",
    severity: "warning",
    text: "Deleted real server: 10.0.0.3:80 (10.0.0.1:80)",
    fields: { real: "10.0.0.3:80", virtual: "10.0.0.1:80" },
  };
  expect(one.records).toEqual([record]);
  expect(two.records).toEqual([record]);
});

test("debug lines are written only when asked for", () => {
  const to = remember();
  createLogger([to]).debug("a");
  createLogger([to], { level: "debug" }).debug("b");
  expect(to.records.map(({ text }) => text)).toEqual(["b"]);
});

test("after a redirect the next message goes to the new destination, and the old one is closed", () => {
  const [before, after, kept] = [remember(), remember(), remember()];
  const logger = createLogger([before, kept]);
  logger.event("config-reread", {});
  logger.redirect([after, kept]);
  logger.event("config-ignored", {});
  expect(before.records).toHaveLength(1);
  expect(after.records).toHaveLength(1);
  expect(kept.records).toHaveLength(2);
  expect([before.isClosed, after.isClosed, kept.isClosed]).toEqual([true, false, false]);
});

test.for<[level: LogLevel, written: readonly string[]]>([
  ["error", ["config-kept"]],
  ["warning", ["config-kept", "config-emptied"]],
  ["info", ["config-kept", "config-emptied", "config-reread-late", "config-reread"]],
  ["debug", ["config-kept", "config-emptied", "config-reread-late", "config-reread", "debug"]],
])("level %s: what is at least so grave, a notice from info on", ([level, written]) => {
  const to = remember();
  const logger = createLogger([to], { level });
  logger.event("config-kept", { path: "/x.cf" });
  logger.event("config-emptied", { path: "/x.cf", services: 1 });
  logger.event("config-reread-late", { path: "/x.cf" });
  logger.event("config-reread", {});
  logger.debug("a");
  expect(to.records.map(({ name }) => name)).toEqual(written);
});

test("a redirect may change how much is written", () => {
  const to = remember();
  const logger = createLogger([to], { level: "debug" });
  logger.redirect([to], "error");
  logger.event("config-reread", {});
  logger.redirect([to]);
  logger.event("config-ignored", {});
  logger.event("config-kept", { path: "/x.cf" });
  expect(to.records.map(({ name }) => name)).toEqual(["config-kept"]);
});
