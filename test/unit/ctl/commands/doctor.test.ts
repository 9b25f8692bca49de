/** On this host, whatever it is like: the kernel lab has directors that are right and wrong. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runCtl } from "../../../../src/ctl/program.ts";
import { heardTerminal } from "../../../support/fakes/heard-terminal.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ctl-doctor-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(text: string): string {
  const path = join(folder, "web.cf");
  writeFileSync(path, text);
  return path;
}

async function ctl(...args: readonly string[]) {
  const { terminal, heard } = heardTerminal();
  const code = await runCtl(args, { ...terminal, columns: undefined, hasColour: false });
  return { code, out: heard.out, err: heard.err };
}

const fine = "virtual=203.0.113.1:80\n\treal=203.0.113.11:80 masq\n\tscheduler=nosuch\n";

test("text and JSON tell the same, and the exit code goes by it", async () => {
  const path = write(fine);
  const { code, out, err } = await ctl("doctor", path);
  const json = await ctl("-c", path, "doctor", "--json");
  const told = JSON.parse(json.out);
  expect(err + json.err).toBe("");
  expect(told).toMatchObject({ version: 1, paths: [path] });
  expect(told.checks).toBe(told.findings.length);
  // This host has no such address.
  expect(told.findings).toContainEqual(
    expect.objectContaining({
      id: "vip-missing",
      severity: "fault",
      mend: { commands: [expect.stringMatching(/^ip addr add 203\.0\.113\.1\/32 dev /)] },
    }),
  );
  expect([code, json.code]).toEqual([2, 2]);
  for (const { id, severity, what } of told.findings) {
    if (severity !== "fine") expect(out).toContain(`${severity}: ${id}: ${what}\n`);
  }
  for (const { id, what, why } of told.unseen) {
    expect(out).toContain(`not seen: ${id}: ${what}: ${why}\n`);
  }
  expect(out.trimEnd().split("\n").at(-1)).toMatch(
    new RegExp(`^${told.checks} checks: ${told.faults} faults?, .* fine`),
  );
});

test("a file that a start would refuse is not gone by", async () => {
  const path = write("virtual=nonsense\n");
  expect(await ctl("doctor", path)).toEqual({
    code: 2,
    out: "",
    err: `${path}: ldirectord refuses it; see ldirectorctl check ${path}\n`,
  });
});

test("nor is one that is not there", async () => {
  const { code, err } = await ctl("doctor", join(folder, "none.cf"));
  expect(code).toBe(2);
  expect(err).toMatch(/^Config file .*none\.cf not found/);
});
