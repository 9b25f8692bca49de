/** `ldirectorctl plan` on the kernel's table: what it says happens, and it touches nothing. */
import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { IpvsUnavailableError } from "../../../src/errors.ts";
import type { GenlIpvs } from "../../../src/ipvs/genl-ipvs.ts";
import { openKernelIpvs } from "../../../src/ipvs/open-kernel.ts";
import { planReload, planStart } from "../../../src/plan/from-now.ts";
import { Director, isOriginal, ourProgram } from "../../lab/director.ts";
import { Lab } from "../../lab/lab.ts";
import { runIn } from "../../lab/namespace.ts";
import { isChange, readTrace, traced } from "../../lab/netlink-trace.ts";
import { directRouting, VIP } from "../../lab/topologies.ts";
import { until } from "../../lab/until.ts";
import { anyCase, furnish, hold } from "../../unit/plan/exactness.ts";
import { Site } from "../../unit/plan/site.ts";

const cases = 50;

/** @returns the empty table, or why there is none for us */
async function openTable(): Promise<GenlIpvs | string> {
  try {
    const ipvs = await openKernelIpvs();
    if ((await ipvs.list()).length === 0) return ipvs;
    ipvs.close();
    return "the IPVS table of this network namespace is in use";
  } catch (error) {
    if (error instanceof IpvsUnavailableError) return error.message;
    throw error;
  }
}

const opened = await openTable();
if (typeof opened === "string") {
  process.stderr.write(`test/stages/kernel/plan skipped: ${opened}\n`);
}

describe.skipIf(typeof opened === "string")("the kernel's table", () => {
  if (typeof opened === "string") return;
  const own = opened;
  afterAll(() => own.close());

  const empty = async () => {
    const rows = await own.list();
    await own.apply(rows.map(({ service: { key } }) => ({ kind: "delete-service", key })));
  };

  test(`changes by ${cases} starts and as many reloads as was planned`, async () => {
    let changes = 0;
    for (const [nth, one] of fc.sample(anyCase, { numRuns: cases, seed: 7 }).entries()) {
      const site = new Site(await openKernelIpvs());
      try {
        await furnish(site, one);
        const first = await site.ready();
        changes += await hold(
          site,
          async () => planStart(first, await own.list()),
          () => site.start(first),
        );
        site.write(one.files[1]);
        const next = await site.ready();
        changes += await hold(
          site,
          () => planReload(site.daemon, next),
          async () => expect(await site.daemon.reload("signal")).toBe(true),
        );
      } catch (error) {
        throw new Error(`case ${nth}: ${JSON.stringify(one)}`, { cause: error });
      } finally {
        await site.close();
        await empty();
      }
    }
    expect(changes).toBeGreaterThan(cases);
  }, 300_000);
});

const ctl = join(dirname(ourProgram), "ldirectorctl.js");

describe.skipIf(isOriginal)("beside the original, which runs", () => {
  const [rs1, rs2] = ["192.168.10.201", "192.168.10.202"] as const;
  const text = (weight: number) =>
    [
      "checktimeout=10",
      "checkinterval=2",
      `virtual=${VIP}:80`,
      ...[rs1, rs2].map((real) => `    real=${real}:80 gate ${weight}`),
      "    fallback=127.0.0.1:80 gate",
      "    service=http",
      '    request="index.html"',
      '    receive="This is"',
      "    scheduler=wrr",
      "",
    ].join("\n");
  let lab: Lab;
  let original: Director;

  beforeAll(async () => {
    lab = await Lab.open({ topology: directRouting(), servers: { ports: [80] } });
    await writeFile(join(lab.folder, "web.cf"), text(5));
    original = Director.start(lab.director, join(lab.folder, "web.cf"), [], "original");
    await until(
      () => lab.table(),
      (table) =>
        Object.keys(table[`TCP ${VIP}:80`]?.servers ?? {})
          .sort()
          .join() === `${rs1}:80,${rs2}:80`,
      "the original has both servers in the table",
    );
  });
  afterAll(async () => {
    await original?.kill();
    await lab?.close();
  });

  /** What it says and asks of the kernel, and the table before it and after it. */
  async function plan(file: string) {
    const trace = join(lab.folder, "trace");
    const look = () => runIn(lab.director, "ipvsadm", ["-S", "-n"]);
    const before = await look();
    const [strace = "", ...words] = traced(trace);
    const out = await runIn(lab.director, "sh", [
      "-c",
      '"$@"; echo "exit $?"',
      "sh",
      ...[strace, ...words, process.execPath, ctl, "plan", join(lab.folder, file)],
    ]);
    const exchanges = await readTrace(trace);
    expect(await look()).toBe(before);
    expect(exchanges.length).toBeGreaterThan(0);
    expect(exchanges.filter(isChange)).toEqual([]);
    return out;
  }

  test("its own file changes nothing", async () => {
    const out = await plan("web.cf");
    expect(out).toContain("Table: 0 to add, 0 to change, 0 to remove\nexit 0");
  });

  test("another weight is told, and not set", async () => {
    await writeFile(join(lab.folder, "next.cf"), text(7));
    const out = await plan("next.cf");
    for (const real of [rs1, rs2]) expect(out).toContain(`    ~ ${real}:80: weight 5 -> 7\n`);
    expect(out).toContain("Table: 0 to add, 2 to change, 0 to remove\nexit 2");
  });
});
