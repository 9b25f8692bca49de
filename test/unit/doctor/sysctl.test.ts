import { expect, test } from "vitest";
import { linkSysctl, sysctlPath } from "../../../src/doctor/sysctl.ts";

test("a link whose name has a dot is written as sysctl(8) does, and found below /proc/sys", () => {
  const name = linkSysctl("ipv4", "eth0.100", "rp_filter");
  expect(name).toBe("net.ipv4.conf.eth0/100.rp_filter");
  expect(sysctlPath(name)).toBe("net/ipv4/conf/eth0.100/rp_filter");
});
