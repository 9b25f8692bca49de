import { writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ControlledDaemon, virtualText } from "../../../support/controlled-daemon.ts";

let it: ControlledDaemon;
beforeEach(async () => {
  const two = "real=127.0.0.2:80 masq 5\nreal=127.0.0.3:80 masq 6\nchecktype=on";
  const one = "real=127.0.0.2:81 masq 7\nchecktype=on";
  it = await ControlledDaemon.start(virtualText(80, two) + virtualText(81, one));
});
afterEach(() => it[Symbol.asyncDispose]());

const all = ["127.0.0.2:80 5", "127.0.0.2:81 7", "127.0.0.3:80 6"];
/** The table, once the order is in force. */
const becomes = (rows: readonly string[]) => expect.poll(() => it.rows()).toEqual(rows);
const time = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ`;

describe("drain", () => {
  test("takes every port of a server, or one in one virtual service, and undrain gives it back", async () => {
    const { code, out, err } = await it.ctl(["drain", "127.0.0.2", "--deadline", "10m"]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(
      new RegExp(`^127\\.0\\.0\\.2 \\(2 rows\\): drains, until ${time} at the latest\\n$`),
    );
    await becomes(["127.0.0.2:80 0", "127.0.0.2:81 0", "127.0.0.3:80 6"]);
    expect(await it.ctl(["undrain", "127.0.0.2"])).toEqual({
      code: 0,
      out: "127.0.0.2 (2 rows): is drained no more\n",
      err: "",
    });
    await becomes(all);
    await it.ctl(["drain", "127.0.0.2", "127.0.0.1:81", "--deadline", "10m"]);
    await becomes(["127.0.0.2:80 5", "127.0.0.2:81 0", "127.0.0.3:80 6"]);
  });

  test("--wait counts what is left, and ends when nobody is", async () => {
    it.ipvs.open.set("127.0.0.3:80", 2);
    let heard = "";
    const screen = {
      out: (text: string) => {
        heard += text;
        if (text.startsWith("2 conn")) it.ipvs.open.clear();
      },
    };
    const command = ["drain", "127.0.0.3:80", "--deadline", "1h", "--wait", "--then", "remove"];
    expect((await it.ctl(command, screen)).code).toBe(0);
    expect(heard.split("\n").slice(1)).toEqual([
      expect.stringMatching(/^2 connections, 59m 5\ds left$/),
      expect.stringMatching(/^0 connections, /),
      expect.stringMatching(/^drained after \ds: nobody is connected any more$/),
      "",
    ]);
    await becomes(["127.0.0.2:80 5", "127.0.0.2:81 7"]);
  });

  test("--wait ends at the deadline, and says who is left", async () => {
    it.ipvs.open.set("127.0.0.3:80", 4);
    const { out } = await it.ctl(["drain", "127.0.0.3:80", "--deadline", "1s", "--wait"]);
    expect(out).toMatch(/\ndrained after \ds: the deadline has come, 4 connections are open\n$/);
    await becomes(["127.0.0.2:80 5", "127.0.0.2:81 7", "127.0.0.3:80 0"]);
  });

  test("--wait says so when it is taken back meanwhile", async () => {
    it.ipvs.open.set("127.0.0.3:80", 4);
    const screen = {
      out: (text: string) => {
        if (text.startsWith("4 conn")) void it.ctl(["undrain", "--all"]);
      },
    };
    const ran = await it.ctl(["drain", "127.0.0.3:80", "--deadline", "1h", "--wait"], screen);
    expect(ran).toMatchObject({ code: 0, err: "it was taken back\n" });
  });

  test("undrain --all takes back all, and is refused when there is none", async () => {
    for (const server of ["127.0.0.2:80", "127.0.0.3:80"]) {
      await it.ctl(["drain", server, "--deadline", "10m"]);
    }
    const { out } = await it.ctl(["undrain", "--all"]);
    expect(out.split("\n")).toHaveLength(3);
    await becomes(all);
    const again = await it.ctl(["undrain", "--all"]);
    expect(again).toEqual({ code: 1, out: "", err: "there is no such order\n" });
  });

  test("--json is what was ordered", async () => {
    const { out } = await it.ctl(["drain", "127.0.0.2:80", "--deadline", "1m", "--json"]);
    expect(JSON.parse(out)).toMatchObject({
      orders: [{ id: 1, kind: "drain", atEnd: "stay", servers: 1, by: { pid: process.pid } }],
    });
  });
});

describe("maintenance", () => {
  test("takes several out and back, whole virtual services too", async () => {
    const on = await it.ctl(["maintenance", "127.0.0.3:80", "127.0.0.1:81", "on", "--for", "2h"]);
    expect(on.out.split("\n")).toEqual([
      expect.stringMatching(
        new RegExp(`^127\\.0\\.0\\.3:80 \\(1 row\\): in maintenance until ${time}$`),
      ),
      expect.stringMatching(/^127\.0\.0\.1:81 \(1 row\): in maintenance until /),
      "",
    ]);
    await becomes(["127.0.0.2:80 5"]);
    const off = await it.ctl(["maintenance", "127.0.0.3:80", "127.0.0.1:81", "off"]);
    expect(off).toMatchObject({ code: 0, out: expect.stringContaining("in maintenance no more") });
    await becomes(all);
  });

  test("without --for it is until you end it", async () => {
    const { out } = await it.ctl(["maintenance", "127.0.0.3", "on"]);
    expect(out).toBe("127.0.0.3 (1 row): in maintenance, until you end it\n");
  });
});

describe("weight", () => {
  test("is given until the next start, or for a time, is listed, and reset", async () => {
    const given = await it.ctl(["weight", "127.0.0.2:80", "9", "--reason", "warm up"]);
    expect(given.out).toBe("127.0.0.2:80 (1 row): weight 9, until the next start\n");
    const { out } = await it.ctl(["weight", "127.0.0.3:80", "1", "--for", "1h"]);
    expect(out).toMatch(new RegExp(`^127\\.0\\.0\\.3:80 \\(1 row\\): weight 1, until ${time}\\n$`));
    await becomes(["127.0.0.2:80 9", "127.0.0.2:81 7", "127.0.0.3:80 1"]);
    const list = await it.ctl(["weight", "--list"]);
    const by = it.daemon.orders.book.orders[0]?.by.name;
    expect(list.out.split("\n")).toEqual([
      `127.0.0.2:80 (127.0.0.1:80): weight 9, the file says 5; by ${by}: warm up`,
      `127.0.0.3:80 (127.0.0.1:80): weight 1, the file says 6; by ${by}`,
      "",
    ]);
    const json = JSON.parse((await it.ctl(["weight", "--list", "--json"])).out);
    expect(json.weights).toMatchObject([
      { server: "127.0.0.2:80", weight: 9, fileWeight: 5, by },
      {},
    ]);
    await it.ctl(["weight", "127.0.0.2:80", "--reset"]);
    await becomes(["127.0.0.2:80 5", "127.0.0.2:81 7", "127.0.0.3:80 1"]);
    await it.ctl(["weight", "--reset"]);
    await becomes(all);
  });
});

test.for<[args: string, code: 1 | 64, told: string]>([
  [
    "drain 127.0.0.9:80 --deadline 1m",
    1,
    'no real server is 127.0.0.9:80; did you mean "127.0.0.2:80"?',
  ],
  ["drain 127.0.0.1:80 --deadline 1m", 1, "127.0.0.1:80 is a virtual service: name a real server"],
  ["drain 127.0.0.2 127.0.0.1:99 --deadline 1m", 1, "no virtual service is 127.0.0.1:99"],
  ["drain 127.0.0.2", 64, "--deadline <time>' not specified"],
  ["drain 127.0.0.2 --deadline soon", 64, "no length of time: write 90s"],
  ["drain 127.0.0.2 --deadline 800d", 1, "body: deadlineSec: "],
  ["drain 127.0.0.2 --deadline 1m --then reboot", 64, "It is stay or remove."],
  ["undrain", 64, "name the real server, or say --all"],
  ["undrain 127.0.0.2 --all", 64, "name the real server, or say --all"],
  ["undrain 127.0.0.2", 1, "there is no such order"],
  ["maintenance 127.0.0.2", 64, "name a real server or a virtual service, and then on or off"],
  ["maintenance on", 64, "name a real server or a virtual service, and then on or off"],
  ["maintenance 127.0.0.2 off", 1, "there is no such order"],
  ["maintenance 127.0.0.9 on", 1, "no real server is 127.0.0.9"],
  ["weight", 64, "name a real server and a weight, or say --list or --reset"],
  ["weight 127.0.0.2", 64, "name a real server and a weight, or say --list or --reset"],
  ["weight 127.0.0.2 65536", 64, "a whole number from 0 to 65535"],
  ["weight 127.0.0.2 -1", 64, "a whole number from 0 to 65535"],
  ["weight 127.0.0.2 5 --for 1h --until-restart", 64, "it is --for or --until-restart"],
  ["weight 127.0.0.2 --reset", 1, "there is no such order"],
])("%s ends with %i", async ([args, code, told]) => {
  const ran = await it.ctl(args.split(" "));
  expect({ code: ran.code, out: ran.out }).toEqual({ code, out: "" });
  expect(ran.err).toContain(told);
  expect(await it.rows()).toEqual(all);
  expect(it.daemon.orders.book.orders).toEqual([]);
});

test("an order that can not be kept is told, and holds", async () => {
  writeFileSync(`${it.folder}/state`, "in the way");
  const { code, err } = await it.ctl(["drain", "127.0.0.3", "--deadline", "1m"]);
  expect(code).toBe(0);
  expect(err).toMatch(/^it holds, but would not survive a restart: (EEXIST|ENOTDIR)/);
});
