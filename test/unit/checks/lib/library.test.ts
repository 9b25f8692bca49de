import { execFileSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { expect, test } from "vitest";
import { library } from "../../../../checks/lib/database/library.ts";
import { LocalFault } from "../../../../checks/lib/fault.ts";

test("a library is loaded once, at first use", async () => {
  let loads = 0;
  const load = library("some", async () => ({ loads: ++loads }));
  expect(loads).toBe(0);
  expect(await load()).toBe(await load());
  expect(loads).toBe(1);
});
test("what cannot be loaded is no server's fault", async () => {
  const load = library("no-such-package", () => Promise.reject(new Error("not there")));
  await expect(load()).rejects.toThrow(LocalFault);
  await expect(load()).rejects.toMatchObject({ fault: "LIBRARY" });
});
// An operator saw a check without any verdict until the daemon was started again: its first probe ran while
// descriptors were short, and Node keeps what a failed import said.
test("a library that could not be loaded for want of descriptors is loaded when there are some", async () => {
  const load = library("pg", () => import("pg"));
  const limit = (soft: string): Buffer =>
    execFileSync("prlimit", ["--pid", String(process.pid), `--nofile=${soft}:`]);
  const usual = execFileSync("prlimit", ["--pid", String(process.pid), "--nofile", "-o", "SOFT"]);
  limit("256");
  const taken: number[] = [];
  try {
    for (;;) taken.push(openSync("/dev/null", "r"));
  } catch {
    await expect(load()).rejects.toMatchObject({ fault: "EMFILE" });
  } finally {
    for (const fd of taken) closeSync(fd);
    limit(usual.toString().replace(/\D/g, ""));
  }
  expect((await load()).Client).toBeTypeOf("function");
});
