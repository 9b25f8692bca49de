import { afterAll, beforeAll, expect, test } from "vitest";
import type { ServiceCounters } from "../../../../src/ipvs/counters.ts";
import { EmbeddedIpvs } from "../../../../src/ipvs/embedded-ipvs.ts";
import { type ControlledDaemon, controlledDaemon } from "../../../support/daemon-on-table.ts";

/** Its second server has had all the traffic. */
class CountingIpvs extends EmbeddedIpvs {
  override async counters(): Promise<readonly ServiceCounters[]> {
    return (await super.counters()).map((service) => ({
      ...service,
      traffic: { ...service.traffic, conns: 12_345, connsPerSec: 7 },
      dests: service.dests.map((dest) =>
        dest.endpoint.address === "10.0.0.3"
          ? dest
          : { ...dest, activeConns: 4, traffic: { ...dest.traffic, conns: 12_345 } },
      ),
    }));
  }
}

let daemon: ControlledDaemon;
beforeAll(async () => {
  daemon = await controlledDaemon(
    new CountingIpvs(),
    "virtual=10.0.0.1:80\n\treal=10.0.0.3:80 gate\n\treal=10.0.0.4:80 gate\n\tchecktype=on\n",
  );
  await daemon.log.until("real-added", ({ real }) => real === "10.0.0.4:80");
});
afterAll(() => daemon.close());

test("a table of all, by name; by another column the most comes first, and only so many", async () => {
  expect(await daemon.ctl("stats")).toEqual({
    code: 0,
    err: "",
    out: [
      "VIRTUAL / REAL  ACTIVE  INACT  PERS  CONNS  PK-IN  PK-OUT  BY-IN  BY-OUT",
      "10.0.0.1:80          4      0     0  12.3k      0       0      0       0",
      "  10.0.0.3:80        0      0     0      0      0       0      0       0",
      "  10.0.0.4:80        4      0     0  12.3k      0       0      0       0",
      "",
    ].join("\n"),
  });
  const { out } = await daemon.ctl("rate", "--sort", "active", "--top", "1");
  expect(out).toBe(
    [
      "VIRTUAL / REAL  ACTIVE  CONNS  PK-IN  PK-OUT  BY-IN  BY-OUT",
      "10.0.0.1:80          4      7      0       0      0       0",
      "  10.0.0.4:80        4      0      0       0      0       0",
      "  … and 1 more",
      "",
    ].join("\n"),
  );
});

test("as JSON the numbers are whole", async () => {
  const { code, out } = await daemon.ctl("stats", "10.0.0.4", "--json");
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    version: 1,
    services: [
      {
        id: "tcp:10.0.0.1:80",
        isInFile: true,
        traffic: { conns: 12_345 },
        servers: [{ server: "10.0.0.4:80", activeConns: 4 }],
      },
    ],
  });
});

test("a word that names nothing is told, with what it may have been meant for", async () => {
  expect(await daemon.ctl("stats", "10.0.0.5:80")).toEqual({
    code: 1,
    out: "",
    err: expect.stringMatching(/^no row is of 10\.0\.0\.5:80; did you mean "10\.0\.0\.\d:80"\?\n$/),
  });
});

test.for([
  ["--sort", "weight"],
  ["--top", "0"],
  ["--top", "x"],
])("stats %s is a wrong command line", async (args) => {
  expect((await daemon.ctl("stats", ...args)).code).toBe(64);
});
