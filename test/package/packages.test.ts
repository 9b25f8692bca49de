/** What `npm run package` makes, looked at from outside. */
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, inject, test } from "vitest";
import { buildPackages, copySources, packageIn } from "./build.ts";
import { host, openRoot } from "./root.ts";

const packages = inject("packages");

const sums = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder)
      .sort()
      .map((name) => [
        name,
        createHash("sha256")
          .update(readFileSync(join(folder, name)))
          .digest("hex"),
      ]),
  );

test("built again, elsewhere, with other settings of the shell, they are the same byte for byte", () => {
  const elsewhere = copySources();
  const umask = process.umask(0o077);
  let again = "";
  try {
    again = buildPackages(elsewhere, {
      TZ: "Pacific/Kiritimati",
      LC_ALL: "C",
      HOME: join(elsewhere, "home"),
    });
    expect(sums(again)).toEqual(sums(packages));
    expect(Object.keys(sums(packages))).toHaveLength(4);
  } finally {
    process.umask(umask);
    rmSync(elsewhere, { recursive: true, force: true });
    if (again !== "") rmSync(again, { recursive: true, force: true });
  }
});

test.for(["deb12", "deb13"])(
  "lintian finds no error and no warning in the one of %s",
  (flavour) => {
    const found = host(
      "lintian",
      "--fail-on",
      "none",
      "--allow-root",
      packageIn(packages, `+${flavour}_amd64.deb`),
    );
    expect(found.split("\n").filter((line) => /^[EW]:/.test(line))).toEqual([]);
  },
);

test("the manual has no fault that man or mandoc would tell, and names every directive", () => {
  const folder = mkdtempSync(join(tmpdir(), "manual-"));
  try {
    host("dpkg-deb", "-x", packageIn(packages, "+deb13_amd64.deb"), folder);
    const page = join(folder, "usr/share/man/man8/ldirectord.8.gz");
    expect(host("mandoc", "-Tlint", page)).toBe("");
    const plain = join(folder, "ldirectord.8");
    writeFileSync(plain, host("zcat", page));
    const script = `MANROFFOPT= LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings=w -l ${plain} 2>&1`;
    const rendered = host("sh", "-c", script);
    expect(rendered).not.toMatch(/warning/);
    for (const name of ["checktimeout=", "virtual6=", "fallbackcommand=", "[table] backend="]) {
      expect(rendered).toContain(`       ${name}`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("the rpm has the program, the OCF agent and its relations", () => {
  const rpm = packageIn(packages, ".x86_64.rpm");
  const files = host("rpm", "-qlp", rpm).split("\n");
  expect(files).toContain("/usr/sbin/ldirectord");
  expect(files).toContain("/usr/lib/ocf/resource.d/heartbeat/ldirectord");
  expect(files).toContain("/usr/lib/systemd/system/ldirectord.service");
  expect(host("rpm", "-qcp", rpm).trim().split("\n")).toEqual([
    "/etc/ha.d/ldirectord.cf",
    "/etc/logrotate.d/ldirectord",
  ]);
  expect(host("rpm", "-qp", "--obsoletes", rpm)).toContain("ldirectord < 5");
});

test("the rpm is installed by rpm, its scripts too, and erased without a trace", () => {
  const root = openRoot("trixie");
  const rpm = (...words: string[]) =>
    host("rpm", "--root", root.path, "--dbpath", "/var/lib/rpm", ...words);
  // Who erases a package keeps its user: so do rpm's own.
  const files = () => root.files().filter((path) => !path.startsWith("/var/lib/rpm/"));
  try {
    const before = files();
    rpm("--initdb");
    root.must("mkdir -p /etc/ha.d && echo 'execute=ftp.cf' >/etc/ha.d/ldirectord.cf");
    const said = rpm("-i", "--nodeps", packageIn(packages, ".x86_64.rpm"));
    expect(said).toContain("goes on running as root");
    root.must("getent passwd ldirectord");
    expect(root.read("/etc/ha.d/ldirectord.cf")).toBe("execute=ftp.cf\n");
    expect(rpm("-ql", "ldirectord-ng")).toContain("ldirectord-ng.catalog");
    rpm("-e", "--nodeps", "ldirectord-ng");
    const kept = ["/etc/ha.d/ldirectord.cf.rpmnew", "/etc/ha.d/ldirectord.cf.rpmsave"];
    expect(files().filter((path) => !kept.includes(path))).toEqual(before);
  } finally {
    root.remove();
  }
});

test("the tarball installs by its script, and never over a configuration", () => {
  const folder = mkdtempSync(join(tmpdir(), "tarball-"));
  const target = join(folder, "target");
  try {
    host("tar", "-C", folder, "-xf", packageIn(packages, ".tar.gz"));
    const [name = ""] = readdirSync(folder);
    const install = () => host("env", `DESTDIR=${target}`, join(folder, name, "install.sh"));
    install();
    const cf = join(target, "etc/ha.d/ldirectord.cf");
    writeFileSync(cf, "# mine\n");
    install();
    expect(readFileSync(cf, "utf8")).toBe("# mine\n");
    const node = (...words: string[]) => host(process.execPath, ...words);
    expect(node(join(target, "usr/lib/ldirectord-ng/src/cli.js"), "-v")).toContain("ldirectord-ng");
    expect(node(join(target, "usr/lib/ldirectord-ng/src/cli.js"), "-h")).toContain("SYNOPSIS");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
