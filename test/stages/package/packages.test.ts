/** What `npm run package` makes, looked at from outside. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, inject, test } from "vitest";
import { parseIni } from "../../../src/ini/ini.ts";
import { buildPackages, copySources, packageIn } from "./build.ts";
import { host, openRoot } from "./root.ts";

const packages = inject("packages");
const top = join(import.meta.dirname, "../../..");

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

test.for<[page: string, items: readonly string[]]>([
  ["ldirectord", ["checktimeout=", "virtual6=", "fallbackcommand=", "[table] backend="]],
  ["ldirectorctl", ["check [--json] [FILE]", "doctor [--json] [FILE]", "64"]],
  ["ldirectord-health", ["--share PERCENT", "64"]],
])("%s(8) has no fault that man or mandoc would tell, and names all", ([name, items]) => {
  const folder = mkdtempSync(join(tmpdir(), "manual-"));
  try {
    host("dpkg-deb", "-x", packageIn(packages, "+deb13_amd64.deb"), folder);
    const page = join(folder, `usr/share/man/man8/${name}.8.gz`);
    expect(host("mandoc", "-Tlint", page)).toBe("");
    const plain = join(folder, `${name}.8`);
    writeFileSync(plain, host("zcat", page));
    const script = `MANROFFOPT= LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings=w -l ${plain} 2>&1`;
    const rendered = host("sh", "-c", script);
    expect(rendered).not.toMatch(/: warning: /);
    for (const item of items) expect(rendered).toContain(`       ${item}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** What a package brings, unpacked. */
function unpacked(ending: string, folder: string): string {
  const file = packageIn(packages, ending);
  if (ending.endsWith(".deb")) host("dpkg-deb", "-x", file, folder);
  else if (ending.endsWith(".rpm")) {
    host("sh", "-c", `cd ${folder} && rpm2cpio ${file} | cpio -idm --quiet`);
  } else host("tar", "-C", folder, "--strip-components=2", "-xf", file);
  return folder;
}

/** Files that come later or elsewhere: at run time, by the operator, by another package, or for Debian 12 alone. */
const comesLater =
  /^\/(run|var)\/|^\/etc\/(systemd|apt|sysctl\.d|modules-load\.d)\/|^\/etc\/ha\.d\/|^\/etc\/ldirectord|^\/usr\/lib\/ldirectord-ng\/node$/;

test.for(["+deb13_amd64.deb", ".x86_64.rpm", ".tar.gz"])(
  "%s: no text in it names a file that it does not bring",
  (ending) => {
    const root = unpacked(ending, mkdtempSync(join(tmpdir(), "texts-")));
    try {
      const isThere = (path: string) =>
        lstatSync(join(root, path), { throwIfNoEntry: false }) !== undefined;
      const texts = readdirSync(root, { recursive: true, encoding: "utf8" })
        .filter((path) => lstatSync(join(root, path)).isFile() && !/node_modules|\.js$/.test(path))
        .filter(
          (path) => !/changelog|copyright|\/node$|\/test\/|docs\/ARCHITECTURE|adding-a/.test(path),
        );
      const missing = texts.flatMap((path) => {
        const file = join(root, path);
        const text = path.endsWith(".gz") ? host("zcat", file) : readFileSync(file, "utf8");
        const links = path.endsWith(".md") ? [...text.matchAll(/\]\(([^)#:]+)\)/g)] : [];
        const relative = links.map(([, to = ""]) => join("/", path, "..", to));
        const absolute = text
          .replaceAll("\\-", "-")
          .match(/(?<![\w.])\/(usr|etc|lib)\/[\w./-]*ldirectord[\w./-]*\w/g);
        return [...relative, ...(absolute ?? []).filter((name) => !comesLater.test(name))]
          .filter((name) => !isThere(name))
          .map((name) => `${path}: ${name}`);
      });
      expect([...new Set(missing)]).toEqual([]);
      const doc = "usr/share/doc/ldirectord-ng";
      for (const name of ["checks", "monitoring", "patterns", "errors", "differences"]) {
        expect(isThere(`${doc}/docs/${name}.md`)).toBe(true);
      }
      const sample = readFileSync(join(root, doc, "examples/ldirectord-ng.ini"), "utf8");
      const settings = sample.match(/^#[\w-]+=.+/gm) ?? [];
      expect(settings.length).toBeGreaterThan(6);
      expect(parseIni(sample)).toMatchObject({ ok: true });
      expect(
        parseIni(
          sample
            .replace(/^#(?=[\w-]+=)/gm, "")
            .replace("=FILE | off", "=off")
            .replace("=master | backup | both | role | off", "=off")
            .replace("=vip | file FILE | command COMMAND", "=vip")
            .replace(/=(FILE|DIRECTORY)$/gm, "=/bin/x")
            .replace("=PERCENT", "=50%")
            .replace("=INTERFACE", "=eth0")
            .replace("\ngroup=ADDRESS", "\ngroup=239.0.0.1")
            .replace(/=(NUMBER|TTL)$/gm, "=1")
            .replace(/=(BYTES|PORT|SECONDS)$/gm, "=2000")
            .replace("=SERVICE ...", "=mysql pop")
            .replaceAll("=PLACE", "=127.0.0.1:9160")
            // One or the other.
            .replaceAll("token=TOKEN\n", "")
            .replaceAll("=PATH", "=/bin/x")
            .replaceAll("=NAMES", "=lb1.example.com")
            .replace("=yes|no", "=yes"),
        ),
      ).toMatchObject({
        ok: true,
      });
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  },
);

test("without rpmbuild the others are built, and one line says what is missing", () => {
  const output = mkdtempSync(join(tmpdir(), "few-"));
  const tools = mkdtempSync(join(tmpdir(), "tools-"));
  try {
    // Everything but that program.
    for (const name of ["git", "tar", "node", "npm", "sh", "env"]) {
      host("ln", "-s", host("sh", "-c", `command -v ${name}`).trim(), join(tools, name));
    }
    const run = (...words: string[]) =>
      spawnSync(process.execPath, [join(top, "packaging/package.mjs"), ...words], {
        encoding: "utf8",
        env: { PATH: tools, PACKAGES_FOLDER: output, SOURCE_DATE_EPOCH: "1700000000" },
      });
    const { status, stderr } = run();
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: `deb12: not built: dpkg-deb is not here (package dpkg), strip is not here (package binutils)
deb13: not built: dpkg-deb is not here (package dpkg)
rpm: not built: rpmbuild is not here (package rpm)
`,
    });
    expect(readdirSync(output)).toEqual([expect.stringMatching(/\.tar\.gz$/)]);
    expect(run("rpm")).toMatchObject({
      status: 1,
      stderr: "rpm: not built: rpmbuild is not here (package rpm)\n",
    });
  } finally {
    for (const folder of [output, tools]) rmSync(folder, { recursive: true, force: true });
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
