import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { namesInHosts, systemNames } from "../../../../src/health/maintenance/system-names.ts";

const hosts = `127.0.0.1 localhost
# 10.0.0.3 not.this.one
10.0.0.3\trs1.example rs1 # the first one
10.0.0.4 rs2.example
fd00:0:0::3 six.example
10.0.0.3 again.example
`;

test.for<[address: string, names: readonly string[]]>([
  ["10.0.0.3", ["rs1.example", "rs1", "again.example"]],
  ["10.0.0.4", ["rs2.example"]],
  ["fd00::3", ["six.example"]],
  ["10.0.0.5", []],
])("names of %s in a hosts file", ([address, names]) => {
  expect(namesInHosts(hosts, address)).toEqual(names);
});

// An operator saw: a file named after the server, as /etc/hosts has it, took nothing out.
test("a line with one name is enough, and no name server is asked", async () => {
  const folder = mkdtempSync(join(tmpdir(), "hosts-"));
  try {
    writeFileSync(join(folder, "hosts"), hosts);
    const names = systemNames(join(folder, "hosts"));
    expect(await names.reverse("10.0.0.4")).toEqual(["rs2.example"]);
    names.cancel();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("a hosts file that has changed is read again", async () => {
  const folder = mkdtempSync(join(tmpdir(), "hosts-"));
  try {
    const names = systemNames(join(folder, "hosts"));
    writeFileSync(join(folder, "hosts"), hosts);
    expect(await names.reverse("10.0.0.4")).toEqual(["rs2.example"]);
    writeFileSync(join(folder, "hosts"), "10.0.0.4 another.example");
    expect(await names.reverse("10.0.0.4")).toEqual(["another.example"]);
    names.cancel();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
