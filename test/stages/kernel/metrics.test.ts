/** The metrics of a run, beside what the real ipvsadm and the log say of it. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "undici";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { isOriginal } from "../../lab/director.ts";
import { Lab } from "../../lab/lab.ts";
import { runIn } from "../../lab/namespace.ts";
import { translation, VIP } from "../../lab/topologies.ts";
import { until } from "../../lab/until.ts";

// The original has none.
describe.skipIf(isOriginal)("metrics", () => {
  let lab: Lab;
  const at = (name: string): string => join(lab.folder, name);
  const service = `service="tcp:${VIP}:80"`;

  beforeAll(async () => {
    lab = await Lab.open({ topology: translation(), servers: { ports: [80] } });
    writeFileSync(
      at("metrics.cf"),
      [
        ...["checkinterval=1", "checktimeout=2", `virtual=${VIP}:80`],
        ...["\treal=10.0.0.11:80 masq", "\treal=10.0.0.12:80 masq"],
        // Nobody is there.
        ...["\treal=10.0.0.12:81 masq", "\tscheduler=rr", "\tchecktype=connect", ""],
      ].join("\n"),
    );
    writeFileSync(
      at("ldirectord-ng.ini"),
      ["[control]", "socket = off", `state = ${at("state")}`]
        .concat("[metrics]", `listen = ${at("metrics.sock")}`, "")
        .join("\n"),
    );
    lab.startDaemon(at("metrics.cf"));
    await lab.untilServers(`TCP ${VIP}:80`, { "10.0.0.11:80": "Masq 1", "10.0.0.12:80": "Masq 1" });
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === "fail") await lab.printReport();
  });
  afterAll(async () => {
    await lab?.close();
  });

  /** By name and labels. Over a Unix socket, which is a file here, too. */
  async function metrics(): Promise<Readonly<Record<string, number>>> {
    const client = new Client("http://localhost", { socketPath: at("metrics.sock") });
    try {
      const { body } = await client.request({ method: "GET", path: "/metrics" });
      const lines = (await body.text()).split("\n").filter((line) => /^[a-z]/.test(line));
      return Object.fromEntries(
        lines.map((line) => {
          const end = line.lastIndexOf(" ");
          return [line.slice(0, end), Number(line.slice(end))];
        }),
      );
    } finally {
      await client.close();
    }
  }

  /** `ipvsadm -Ln --stats --exact`: the numbers behind each name. */
  async function stats(): Promise<Readonly<Record<string, readonly number[]>>> {
    const words = ["-L", "-n", "--stats", "--exact"];
    const lines = (await runIn(lab.director, "ipvsadm", words)).split("\n").slice(3);
    return Object.fromEntries(
      lines.flatMap((line) => {
        const [, name = "", ...rest] = line.trim().split(/\s+/);
        return name === "" ? [] : [[name, rest.map(Number)]];
      }),
    );
  }

  const counters = (
    all: Readonly<Record<string, number>>,
    of: "service" | "row",
    labels: string,
  ): readonly (number | undefined)[] => [
    all[`ldirectord_${of}_connections_total{${labels}}`],
    ...["packets", "bytes"].flatMap((what) =>
      ["in", "out"].map(
        (direction) => all[`ldirectord_${of}_${what}_total{${labels},direction="${direction}"}`],
      ),
    ),
  ];

  test("what is counted is what ipvsadm --stats has", async () => {
    expect(await lab.client.spread(`http://${VIP}/`, 20)).toEqual({
      "This is rs1": 10,
      "This is rs2": 10,
    });
    const { told, shown } = await until(
      async () => {
        const before = await stats();
        const told = await metrics();
        return { told, shown: before, after: await stats() };
      },
      // What is told may be a second old.
      (seen) =>
        JSON.stringify(seen.shown) === JSON.stringify(seen.after) &&
        seen.told[`ldirectord_service_connections_total{${service}}`] === 20,
      "counters that stand still",
    );
    expect(counters(told, "service", service)).toEqual(shown[`${VIP}:80`]);
    expect(Object.keys(shown).length).toBe(3);
    for (const row of ["10.0.0.11:80", "10.0.0.12:80"]) {
      expect(counters(told, "row", `${service},row="${row}"`)).toEqual(shown[row]);
    }
    expect(told[`ldirectord_row_connections_total{${service},row="10.0.0.11:80"}`]).toBe(10);
    expect(told[`ldirectord_service_servers_usable{${service}}`]).toBe(2);
    expect(told[`ldirectord_server_up{${service},server="10.0.0.12:81"}`]).toBe(0);
  });

  test("what is counted is what the log has told", async () => {
    const told = (words: string) =>
      lab.daemon.log.split("\n").filter((line) => line.startsWith(words)).length;
    await until(
      async () => told("Check failed:"),
      (times) => times > 0,
      "the log of the one that is down",
    );
    const all = await metrics();
    const counted = (event: string, severity: string) =>
      all[`ldirectord_events_total{event="${event}",severity="${severity}"}`];
    expect(counted("virtual-added", "notice")).toBe(1);
    expect(told("Added virtual server:")).toBe(1);
    expect(counted("real-added", "notice")).toBe(told("Added real server:"));
    expect(counted("real-failed", "info")).toBe(told("Check failed:"));
    expect(told("Check failed:")).toBe(1);
    expect(all[`ldirectord_service_failures_total{${service}}`]).toBe(1);
  });
});
