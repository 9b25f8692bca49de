import { afterEach, beforeEach, expect, test } from "vitest";
import { Site } from "./site.ts";

let site: Site;
beforeEach(() => {
  site = new Site();
});
afterEach(() => site.close());

test("wrong usage: the synopsis on standard output, what is wrong on standard error, 255", async () => {
  const none = await site.run();
  expect(none).toMatchObject({ code: 255, stderr: "" });
  expect(none.stdout).toContain(
    "ldirectord [-d|--debug] [--] [configfile] start | stop | restart |",
  );
  const { stdout } = none;
  expect(await site.run("web.cf", "bogus")).toEqual({ code: 255, stdout, stderr: "" });
  expect(await site.run("start", "-d")).toEqual({ code: 255, stdout, stderr: "" });
  const stderr = "Unknown option: x\n";
  expect(await site.run("-dx", "status")).toEqual({ code: 255, stdout, stderr });
});

test("-v: the version that scripts look for comes first", async () => {
  const { code, stdout, stderr } = await site.run("-v");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^Linux Director v1\.186-ha\nldirectord-ng \d+\.\d+\.\d+\n/);
});

test("-h: the manual, without help from any other program", async () => {
  const { code, stdout, stderr } = await site.run("-h");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  for (const heading of ["SYNOPSIS", "OPTIONS", "COMMANDS", "EXIT STATUS", "FILES"]) {
    expect(stdout).toContain(`\n${heading}\n`);
  }
});

test("a configuration that is nowhere is named, 1", async () => {
  const { code, stdout, stderr } = await site.run("-d", "no-such.cf", "status");
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toContain("Config file no-such.cf not found\n");
});
