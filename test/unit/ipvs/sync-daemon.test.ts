import { expect, test } from "vitest";
import { isSyncAs, type SyncDaemon } from "../../../src/ipvs/sync-daemon.ts";
import { encodeSyncDaemon } from "../../../src/ipvs/sync-message.ts";

const running: SyncDaemon = {
  state: "master",
  interface: "eth0",
  id: 1,
  maxBytes: 1472,
  group: "224.0.0.81",
  port: 8848,
  ttl: 1,
};

test("a sync daemon is laid out as linux/ip_vs.h says", () => {
  // x86-64; the group as it goes over the wire, all else in host order.
  const expected = [
    "40000380", // DAEMON, nested
    "0800010001000000", // IP_VS_STATE_MASTER
    "090002006574683000000000", // eth0
    "0800030001000000",
    "06000400c0050000", // 1472 bytes
    "08000500e0000051",
    "0600070090220000", // port 8848
    "0500080001000000",
  ];
  expect(encodeSyncDaemon(running).toString("hex")).toBe(expected.join(""));
});

test.for<[wanted: Partial<SyncDaemon>, isSo: boolean]>([
  [{}, true],
  [{ interface: "eth1" }, false],
  [{ id: 2 }, false],
  [{ ttl: 1 }, true],
  [{ port: 8849 }, false],
])("what runs is as wanted with %j: %s", ([wanted, isSo]) => {
  expect(isSyncAs(running, { state: "master", interface: "eth0", id: 1, ...wanted })).toBe(isSo);
});
