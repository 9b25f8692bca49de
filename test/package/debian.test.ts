/** The packages in clean roots of Debian 12 and 13, with Debian's own packages only. */
import { readlinkSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { buildPackages, packageIn } from "./build.ts";
import { openRoot, type Root } from "./root.ts";

let packages = "";
beforeAll(() => {
  packages = buildPackages();
});
afterAll(() => rmSync(packages, { recursive: true, force: true }));

const cf = "/etc/ha.d/ldirectord.cf";
const ini = "/etc/ha.d/ldirectord-ng.ini";
const site = `checkinterval=1
virtual=192.0.2.1:80
        real=127.0.0.1:9 gate
        checktype=connect
`;
const wanted = "/etc/systemd/system/multi-user.target.wants/ldirectord.service";
const choice = "/etc/systemd/system/ldirectord.service.d/hardened.conf";

describe.for([
  { suite: "bookworm", flavour: "deb12" },
  { suite: "trixie", flavour: "deb13" },
])("$suite", ({ suite, flavour }) => {
  let root: Root;
  let deb = "";
  beforeEach(() => {
    root = openRoot(suite);
    deb = root.put(packageIn(packages, `+${flavour}_amd64.deb`));
  });
  afterEach(() => root.remove());

  const purge = () => root.must("apt-get purge -y -q ldirectord-ng");
  const exists = (path: string) => root.run(`[ -e ${path} ] || [ -L ${path} ]`).code === 0;

  test("it installs, runs, and is purged without a trace", () => {
    root.install(deb); // brings what it depends on
    purge();
    const before = root.files();

    root.install(deb);
    expect(root.must("ldirectord -v")).toMatch(/^Linux Director v1\.186-ha\nldirectord-ng /);
    expect(root.must("ldirectord -h")).toContain("checkinterval=SECONDS");
    expect(root.run("ldirectord").code).toBe(255);
    expect(root.run("ldirectord status")).toEqual({
      code: 3,
      text: `ldirectord is stopped for ${cf}\n`,
    });

    root.write(ini, "[table]\nbackend=embedded\n");
    root.write(cf, site);
    const script = "/etc/ha.d/resource.d/ldirectord";
    root.must(`${script} ${cf} start`);
    expect(root.must(`${script} ${cf} status`)).toContain(
      `ldirectord for ${cf} is running with pid:`,
    );
    const pid = root.read("/run/ldirectord.ldirectord.cf.pid").trim();
    expect(root.read(`/proc/${pid}/cmdline`).replaceAll("\0", " ")).toContain(
      `${script} ${cf} start`,
    );
    expect(root.read(`/proc/${pid}/comm`)).toBe("ldirectord\n");
    root.must(`ldirectord ${cf} reload`);
    root.must(`ldirectord ${cf} stop`);
    expect(root.read("/var/log/ldirectord.log")).toContain("Added virtual server: 192.0.2.1:80");
    root.must("/etc/init.d/ldirectord status"); // no /etc/ldirectord.cf: nothing to do

    // The libraries that are loaded at first use, koffi's binary among them.
    const node = flavour === "deb12" ? "/usr/lib/ldirectord-ng/node" : "node";
    const evaluate = (code: string) =>
      root.must(`cd /usr/lib/ldirectord-ng && ${node} --input-type=module -e '${code}'`);
    evaluate(`(await import("koffi")).default.load(null)`);
    for (const name of ["pg", "mysql2", "oracledb", "radius", "ping"]) {
      evaluate(`await import("${name}")`);
    }

    root.must(`rm ${ini}`);
    purge();
    expect(root.files()).toEqual(before);
    expect(root.run("getent passwd ldirectord").code).not.toBe(0);
  });

  test("removed and installed again, the configuration is as it was", () => {
    root.install(deb);
    root.write(cf, site);
    root.must("apt-get remove -y -q ldirectord-ng");
    expect(exists("/usr/sbin/ldirectord")).toBe(false);
    expect(root.read(cf)).toBe(site);
    root.install(deb);
    expect(root.read(cf)).toBe(site);
  });

  test("it takes the original's place, which never hears of it, and gives it back", () => {
    root.install("ldirectord");
    root.write(cf, site);
    root.must("sed -i '1a touch /tmp/prerm-was-called' /var/lib/dpkg/info/ldirectord.prerm");
    const said = root.install(deb);
    // No question, no end of the daemon that runs, no rest whose removal would hurt.
    expect(exists("/tmp/prerm-was-called")).toBe(false);
    expect(said).toContain("disappearance of ldirectord");
    expect(root.run("dpkg -s ldirectord | grep -q '^Status: .* installed'").code).not.toBe(0);
    expect(root.read(cf)).toBe(site);
    expect(root.must("ldirectord -v")).toContain("ldirectord-ng");
    expect(root.must("cat /lib/systemd/system/ldirectord.service")).toContain("Type=notify");
    expect(exists(wanted)).toBe(true);
    expect(exists(choice)).toBe(false);
    root.must("dpkg --audit && apt-get check");

    root.must("apt-get remove -y -q ldirectord-ng");
    root.install("ldirectord");
    expect(root.read(cf)).toBe(site);
    expect(root.must("head -1 /usr/sbin/ldirectord")).toContain("perl");
    expect(root.must("cat /lib/systemd/system/ldirectord.service")).toContain("Type=forking");
    expect(exists(wanted)).toBe(true);
    // Our own rest is purged, and the original stays whole.
    purge();
    expect(root.read(cf)).toBe(site);
    expect(exists(wanted)).toBe(true);
    expect(root.must("dpkg --verify ldirectord | grep -v ' c ' || true")).toBe("");
  });

  test("a unit that was disabled, as under a cluster manager, stays so", () => {
    root.install("ldirectord");
    root.must("DPKG_MAINTSCRIPT_PACKAGE=x deb-systemd-helper disable ldirectord.service");
    root.must(`rm -f ${wanted}`);
    root.install(deb);
    expect(exists(wanted)).toBe(false);
  });

  test("the original, removed before and purged after, takes nothing of ours with it", () => {
    root.install("ldirectord");
    root.write(cf, site);
    root.must("apt-get remove -y -q ldirectord");
    root.install(deb);
    root.must("dpkg --purge ldirectord");
    expect(root.read(cf)).toBe(site);
    expect(root.must("ldirectord -v")).toContain("ldirectord-ng");
    expect(exists("/etc/init.d/ldirectord")).toBe(true);
  });

  test("the original is not installed over it", () => {
    root.install(deb);
    root.write(cf, site);
    // apt takes ours for it.
    expect(root.install("ldirectord")).toContain("ldirectord-ng is already the newest version");
    expect(root.run("dpkg -s ldirectord | grep -q '^Status: .* installed'").code).not.toBe(0);
    expect(root.must("ldirectord -v")).toContain("ldirectord-ng");
    expect(root.read(cf)).toBe(site);
  });

  test("a site that asks for root keeps it, and hears why; purging forgets that", () => {
    root.install("ldirectord");
    root.write(
      cf,
      `logfile="/srv/lvs.log"\n${site}        checktype=external\n        checkcommand=/usr/local/bin/check\n`,
    );
    const said = root.install(deb);
    expect(said).toContain("goes on running as root");
    expect(said).toContain(`${cf}:1: logfile: is outside /var/log`);
    expect(said).toContain(`${cf}:7: checkcommand: runs a program of yours, so far as root`);
    expect(readlinkSync(join(root.path, choice))).toBe("/dev/null");
    purge();
    expect(exists(choice)).toBe(false);
  });

  test("a secret file that only root may read keeps root too", () => {
    root.install("ldirectord");
    root.write(cf, site);
    root.must(`chmod 600 ${cf}`);
    expect(root.install(deb)).toContain("only root may read it");
  });
});
