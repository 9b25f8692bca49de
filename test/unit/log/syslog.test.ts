import { expect, test } from "vitest";
import { createLogger } from "../../../src/log/create-logger.ts";
import { syslogSink } from "../../../src/log/sinks/syslog.ts";
import { facilityNumber } from "../../../src/model/log-target.ts";
import { tcp } from "../../support/builders.ts";

const at = new Date(2026, 10, 2, 6, 7, 8).getTime();

/** A socket that takes datagrams, or not. */
function socket() {
  const taken: string[] = [];
  return {
    taken,
    problem: undefined as string | undefined,
    dropped: 0,
    send(data: Buffer) {
      if (this.problem !== undefined) return false;
      taken.push(data.toString());
      return true;
    },
    close() {},
  };
}

test.for<[facility: string, virtualAdded: number]>([
  ["local0", 16 * 8 + 5],
  ["daemon", 3 * 8 + 5],
  ["LOG_MAIL", 2 * 8 + 5],
  ["no-such-facility", 3 * 8 + 5],
])("%s with a notice has priority %i", ([facility, priority]) => {
  const to = socket();
  createLogger([syslogSink(facility, 4711, to)], { now: () => at }).event("virtual-added", {
    virtual: tcp("10.0.0.1:80"),
  });
  expect(to.taken).toEqual([
    `<${priority}>Nov  2 06:07:08 ldirectord[4711]: Added virtual server: 10.0.0.1:80`,
  ]);
});

test("the severity is the event's own, and a percent sign is only a percent sign", () => {
  const to = socket();
  const logger = createLogger([syslogSink("local7", 1, to)], { now: () => at });
  logger.event("config-error", { text: "100 %s %n" });
  logger.event("config-warning", { text: "w" });
  expect(to.taken).toEqual([
    `<${23 * 8 + 3}>Nov  2 06:07:08 ldirectord[1]: 100 %s %n`,
    `<${23 * 8 + 4}>Nov  2 06:07:08 ldirectord[1]: w`,
  ]);
});

test("while syslogd is away messages are counted, and it is told when it is back", () => {
  const to = socket();
  const last: string[] = [];
  const logger = createLogger([syslogSink("daemon", 1, to, (text) => last.push(text))]);
  to.problem = "ECONNREFUSED";
  logger.event("config-ignored", {});
  logger.event("config-ignored", {});
  to.problem = undefined;
  logger.event("config-reread", {});
  expect(last).toHaveLength(1);
  expect(to.taken.map((line) => line.replace(/^.*?\]: /, ""))).toEqual([
    "2 messages lost: syslog could not be written: ECONNREFUSED",
    " - reread new configuration",
  ]);
});

test("names that syslog does not have are known as such", () => {
  expect(facilityNumber("info")).toBeUndefined();
  expect(facilityNumber("Local3")).toBe(19);
});
