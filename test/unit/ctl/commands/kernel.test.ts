/** connections, save, sync and timeouts, by the daemon's socket. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Connection, type ConnectionFilter, fits } from "../../../../src/ipvs/connections.ts";
import { EmbeddedIpvs } from "../../../../src/ipvs/embedded-ipvs.ts";
import { endpoint } from "../../../support/builders.ts";
import { type ControlledDaemon, controlledDaemon } from "../../../support/daemon-on-table.ts";

const connection = (n: number, real: string): Connection => ({
  protocol: "tcp",
  client: { address: "10.1.1.1", port: 4000 + n },
  virtual: endpoint("10.0.0.1:80"),
  real: endpoint(real),
  state: "ESTABLISHED",
  expiresSec: 900 - n,
});
const all = [0, 1, 2].flatMap((n) => [connection(n, "10.0.0.3:80"), connection(n, "10.0.0.4:80")]);

class ConnectedIpvs extends EmbeddedIpvs {
  override async connections(filter: ConnectionFilter = {}, most = 0) {
    const found = all.filter((each) => fits(filter, each));
    return { found: found.slice(0, most), count: found.length, read: all.length, isWhole: true };
  }
}

const ipvs = () => new ConnectedIpvs();
let daemon: ControlledDaemon;
beforeEach(async () => {
  daemon = await controlledDaemon(
    ipvs(),
    [
      "virtual=10.0.0.1:80\n\treal=10.0.0.3:80 gate 2\n\treal=10.0.0.4:80 masq\n\tchecktype=on\n",
      "virtual=5\n\treal=10.0.0.3 gate\n\tchecktype=on\n\tpersistent=60\n",
    ].join("\n"),
  );
  await daemon.log.until("real-added", ({ virtual }) => virtual === "5");
});
afterEach(() => daemon.close());

test("connections of a real server, so many, the others counted", async () => {
  const { code, out } = await daemon.ctl(
    "connections",
    "10.0.0.3",
    "--top",
    "2",
    "--sort",
    "expires",
  );
  expect(code).toBe(0);
  expect(out).toBe(`tcp 10.0.0.1:80 > 10.0.0.3:80: 2
  CLIENT         STATE        EXPIRES
  10.1.1.1:4002  established   14m58s
  10.1.1.1:4001  established   14m59s

3 connections, 2 of them shown
`);
});

test("connections as JSON, and of what there is not", async () => {
  const { out } = await daemon.ctl("connections", "10.0.0.1:80", "--json");
  expect(JSON.parse(out)).toMatchObject({ version: 1, count: 6, isWhole: true });
  expect(await daemon.ctl("connections", "5")).toMatchObject({
    code: 1,
    err: expect.stringContaining("mark 5: name a real server"),
  });
  expect((await daemon.ctl("connections", "10.0.0.9:80")).err).toMatch(
    /^no virtual service and no real server is called 10\.0\.0\.9:80; did you mean "10\.0\.0\./,
  );
});

test("save writes the live table", async () => {
  const { code, out } = await daemon.ctl("save");
  expect(code).toBe(0);
  expect(out.split("\n").sort()).toEqual(
    [
      "",
      "-A -f 5 -s wrr -p 60",
      "-A -t 10.0.0.1:80 -s wrr",
      "-a -f 5 -r 10.0.0.3:0 -g -w 1",
      "-a -t 10.0.0.1:80 -r 10.0.0.3:80 -g -w 2",
      "-a -t 10.0.0.1:80 -r 10.0.0.4:80 -m -w 1",
    ].sort(),
  );
  const parts = JSON.parse((await daemon.ctl("save", "--json")).out);
  expect(parts.services).toHaveLength(2);
});

test("sync daemons are told, started and stopped", async () => {
  expect(await daemon.ctl("sync")).toEqual({ code: 0, err: "", out: "no sync daemon runs\n" });
  const args = ["--interface", "lo", "--id", "7", "--maxlen", "1200"];
  expect((await daemon.ctl("sync", "start", "both", ...args)).out).toBe(
    [
      "STATE   INTERFACE  ID  GROUP  PORT  TTL  MAXLEN",
      "master  lo         7   -      -     -    1200",
      "backup  lo         7   -      -     -    1200",
      "",
    ].join("\n"),
  );
  expect(await daemon.ctl("sync", "start", "master", ...args)).toEqual({
    code: 1,
    out: "",
    err: "can not start the IPVS sync daemon as master on lo: EEXIST\n",
  });
  expect(JSON.parse((await daemon.ctl("sync", "stop", "master", "--json")).out)).toMatchObject({
    daemons: [{ state: "backup" }],
  });
  expect((await daemon.ctl("sync", "stop")).out).toBe("no sync daemon runs\n");
});

test("timeouts are told, and those named are set", async () => {
  expect((await daemon.ctl("timeouts")).out).toBe("tcp 900 s, tcp-fin 120 s, udp 300 s\n");
  const { out } = await daemon.ctl("timeouts", "--tcp-fin", "9", "--json");
  expect(JSON.parse(out)).toEqual({ version: 1, tcp: 900, tcpFin: 9, udp: 300 });
});

test.for([
  ["sync", "begin"],
  ["sync", "start"],
  ["sync", "start", "master"],
  ["sync", "start", "master", "--interface", "lo", "--id", "256"],
  ["timeouts", "--tcp", "0"],
  ["connections", "--top", "10001"],
  ["save", "--all"],
])("%s is a wrong command line", async (args) => {
  expect((await daemon.ctl(...args)).code).toBe(64);
});

test("without a daemon nothing is told, and the exit code says it", async () => {
  await daemon.close();
  for (const command of ["stats", "rate", "connections", "save", "sync", "timeouts"]) {
    expect((await daemon.ctl(command)).code).toBe(3);
  }
});
