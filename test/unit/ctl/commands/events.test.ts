import { afterEach, beforeEach, expect, test } from "vitest";
import { ControlledDaemon, virtualText } from "../../../support/controlled-daemon.ts";

let it: ControlledDaemon;
beforeEach(async () => {
  const two = "real=127.0.0.2:80 masq 5\nreal=127.0.0.20:80 masq 6\nchecktype=on";
  const mark = "virtual=5\n        real=127.0.0.2:0 masq\n        checktype=on\n";
  it = await ControlledDaemon.start(virtualText(80, two) + mark);
});
afterEach(() => it[Symbol.asyncDispose]());

const lines = async (...args: readonly string[]): Promise<readonly string[]> => {
  const { code, out } = await it.ctl(["events", ...args]);
  expect(code).toBe(0);
  return out.split("\n").slice(0, -1);
};
/** Without their time and severity. */
const texts = async (...args: readonly string[]) =>
  (await lines(...args)).map((line) => line.slice(29));

test("tells what was logged, oldest first, each with its time and severity", async () => {
  expect(await lines()).toEqual(
    [
      "notice  Added virtual server: 127.0.0.1:80",
      "notice  Added virtual server: 5",
      "notice  Added real server: 127.0.0.2:80 (127.0.0.1:80) (Weight set to 5)",
      "notice  Added real server: 127.0.0.20:80 (127.0.0.1:80) (Weight set to 6)",
      "notice  Added real server: 127.0.0.2:0 (5) (Weight set to 1)",
    ].map((text) =>
      expect.stringMatching(
        new RegExp(`^\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\dZ ${text.replace(/[()]/g, "\\$&")}$`),
      ),
    ),
  );
});

test("of one server or service only what names it, its orders too", async () => {
  await it.ctl(["maintenance", "127.0.0.2:80", "on", "--reason", "new disk"]);
  const about = await texts("127.0.0.2:80");
  expect(about).toContainEqual(
    expect.stringMatching(/: maintenance of 127\.0\.0\.2:80: new disk$/),
  );
  expect(about).toContain("Added real server: 127.0.0.2:80 (127.0.0.1:80) (Weight set to 5)");
  expect(about.join()).not.toContain("127.0.0.20");
  expect(about.join()).not.toContain("127.0.0.2:0");
  // Every port of it.
  expect((await texts("127.0.0.2")).length).toBe(about.length + 1);
  expect(await texts("127.0.0.20")).toHaveLength(1);
  for (const virtual of ["127.0.0.1:80", "tcp:127.0.0.1:80"]) {
    expect((await texts(virtual)).length).toBeGreaterThanOrEqual(3);
  }
  // And not the weight 5 of others.
  expect(await texts("5")).toEqual([
    "Added virtual server: 5",
    "Added real server: 127.0.0.2:0 (5) (Weight set to 1)",
  ]);
  expect(await texts("127.0.0.9")).toEqual([]);
});

test("--since leaves out what is older", async () => {
  it.records.write({
    time: Date.now() - 3_600_000,
    severity: "info",
    name: "debug",
    text: "old",
    fields: {},
  });
  const { records } = it;
  const first = records.after(0, 1)[0]?.time ?? 0;
  expect(await lines("--since", "1h")).toHaveLength(6);
  expect(first).toBeGreaterThan(0);
  expect((await it.ctl(["events", "--since", "yesterday"])).code).toBe(64);
});

test("--json is a line each, with the event's own fields", async () => {
  const [, , third = ""] = await lines("--json");
  expect(JSON.parse(third)).toMatchObject({
    number: 3,
    severity: "notice",
    event: "real-added",
    fields: { real: "127.0.0.2:80", virtual: "127.0.0.1:80", weight: 5 },
  });
});

test("--follow goes on with what comes, and ends with the daemon", async () => {
  const heard: string[] = [];
  const screen = { out: (text: string) => void heard.push(text) };
  const following = it.ctl(["events", "--follow", "127.0.0.20"], screen);
  await expect.poll(() => heard.length).toBe(1);
  await it.ctl(["drain", "127.0.0.20", "--deadline", "1h"]);
  await expect.poll(() => heard.join()).toContain("drain of 127.0.0.20");
  await it.end();
  expect(await following).toMatchObject({ code: 3, err: expect.stringContaining("has ended") });
});
