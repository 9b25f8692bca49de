import { expect, test } from "vitest";
import { findConfig, instanceName, pidFilePath } from "../../../src/process/instance.ts";

const among =
  (...files: string[]) =>
  (path: string) =>
    files.includes(path);

test.for<[given: string | undefined, files: string[], found: string | undefined]>([
  [undefined, ["/etc/ha.d/ldirectord.cf", "/cwd/ldirectord.cf"], "/etc/ha.d/ldirectord.cf"],
  [
    undefined,
    ["/etc/ha.d/conf/ldirectord.cf", "/cwd/ldirectord.cf"],
    "/etc/ha.d/conf/ldirectord.cf",
  ],
  [undefined, ["/cwd/ldirectord.cf"], "/cwd/ldirectord.cf"],
  ["web.cf", ["/etc/ha.d/web.cf", "/cwd/web.cf"], "/etc/ha.d/web.cf"],
  ["web.cf", ["/cwd/web.cf"], "/cwd/web.cf"],
  ["../web.cf", ["/web.cf"], "/web.cf"],
  ["/etc/x.cf", ["/etc/ha.d//etc/x.cf", "/etc/x.cf"], "/etc/ha.d//etc/x.cf"],
  ["/etc/x.cf", ["/etc/x.cf"], "/etc/x.cf"],
  ["web.cf", [], undefined],
  ["", ["/cwd"], undefined],
])("%s among %o is %s", ([given, files, found]) => {
  expect(findConfig(given, "/cwd", among(...files))).toBe(found);
});

test("no name and the default file's name are two instances", () => {
  const pidFile = (given?: string) => pidFilePath("/var/run", instanceName(given));
  expect(pidFile()).toBe("/var/run/ldirectord.ldirectord.pid");
  expect(pidFile("ldirectord.cf")).toBe("/var/run/ldirectord.ldirectord.cf.pid");
  expect(pidFile("/etc/ha.d/ldirectord.cf")).toBe("/var/run/ldirectord.ldirectord.cf.pid");
  expect(pidFile("web.cf")).toBe("/var/run/ldirectord.web.cf.pid");
});
