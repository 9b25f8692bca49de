/** The package in clean roots of its Debian, with Debian's own packages only. */
import { readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, inject, test } from "vitest";
import { say } from "../../lab/say.ts";
import { packageIn } from "./build.ts";
import { openRoot, type Root } from "./root.ts";

const ownNode = new URL("../../../packaging/node/package.json", import.meta.url);
const cf = "/etc/ha.d/ldirectord.cf";
const ini = "/etc/ha.d/ldirectord-ng.ini";
const site = `checkinterval=1
virtual=192.0.2.1:80
        real=127.0.0.1:9 gate
        checktype=connect
`;
const wanted = "/etc/systemd/system/multi-user.target.wants/ldirectord.service";
const choice = "/etc/systemd/system/ldirectord.service.d/hardened.conf";

/** Debian's name of the release, and ours of the package for it. */
export function testsIn(suite: string, flavour: string): void {
  /** What ours depends on is there, ours and the original are not. */
  let clean: Root;
  let withOriginal: Root;
  let root: Root;
  let deb = "";
  /** All files, before ours was ever there. */
  let bare: readonly string[] = [];
  beforeAll(() => {
    clean = openRoot(suite);
    deb = clean.put(packageIn(inject("packages"), `+${flavour}_amd64.deb`));
    clean.satisfy(clean.must(`dpkg-deb -f ${deb} Depends`).trim());
    bare = clean.files();
    clean.install(deb);
    clean.must("apt-get purge -y -q ldirectord-ng");
    // As it is shipped it was installed here; to decompress it each time takes longer than all else of an installation.
    const plain = "/tmp/plain.deb";
    clean.must(`cd /tmp && dpkg-deb -R ${deb} plain && dpkg-deb -Znone -b plain ${plain}`);
    clean.must("rm -r /tmp/plain");
    deb = plain;
    clean.settle();
    withOriginal = openRoot(suite, clean);
    withOriginal.install("ldirectord");
    withOriginal.settle();
  });
  afterAll(() => {
    withOriginal?.remove();
    clean?.remove();
  });
  const start = (model: Root) => {
    root = openRoot(suite, model);
  };
  afterEach(() => root.remove());

  const purge = () => root.must("apt-get purge -y -q ldirectord-ng");
  const exists = (path: string) => root.run(`[ -e ${path} ] || [ -L ${path} ]`).code === 0;

  test("it installs, runs, and is purged without a trace", () => {
    start(clean);
    expect(root.files()).toEqual(bare);

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
    if (flavour === "deb12") {
      const { optionalDependencies } = JSON.parse(readFileSync(ownNode, "utf8"));
      const version = optionalDependencies[`node-linux-${process.arch}`];
      expect(root.must("ldirectord -v")).toContain(` (Node.js ${version})\n`);
    }
    for (const name of ["pg", "mysql2", "oracledb", "radius", "ping"]) {
      evaluate(`await import("${name}")`);
    }

    root.must(`rm ${ini}`);
    purge();
    expect(root.files()).toEqual(bare);
    expect(root.run("getent passwd ldirectord").code).not.toBe(0);
  });

  test("interrupted when it is unpacked, it is completed by dpkg", () => {
    start(withOriginal);
    root.write(cf, site);
    root.must(`dpkg --unpack ${deb}`);
    expect(root.must("dpkg --configure -a")).toContain("Setting up ldirectord-ng");
    expect(root.must("ldirectord -v")).toContain("ldirectord-ng");
    expect(root.read(cf)).toBe(site);
    expect(root.must("dpkg --audit")).toBe("");
  });

  test("removed and installed again, the configuration is as it was", () => {
    start(clean);
    root.install(deb);
    root.write(cf, site);
    root.must("apt-get remove -y -q ldirectord-ng");
    expect(exists("/usr/sbin/ldirectord")).toBe(false);
    expect(root.read(cf)).toBe(site);
    root.install(deb);
    expect(root.read(cf)).toBe(site);
  });

  test("it takes the original's place, which never hears of it, and gives it back", () => {
    start(withOriginal);
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
    start(withOriginal);
    root.must("DPKG_MAINTSCRIPT_PACKAGE=x deb-systemd-helper disable ldirectord.service");
    root.must(`rm -f ${wanted}`);
    root.install(deb);
    expect(exists(wanted)).toBe(false);
  });

  test("the original, removed before and purged after, takes nothing of ours with it", () => {
    start(withOriginal);
    root.write(cf, site);
    root.must("apt-get remove -y -q ldirectord");
    root.install(deb);
    root.must("dpkg --purge ldirectord");
    expect(root.read(cf)).toBe(site);
    expect(root.must("ldirectord -v")).toContain("ldirectord-ng");
    expect(exists("/etc/init.d/ldirectord")).toBe(true);
  });

  const theOriginal = "/var/cache/apt/archives/ldirectord_*_all.deb";
  const inDpkgsList = "dpkg -s ldirectord | grep -q '^Status: .* installed'";

  test("apt does not install the original over it, and is told how to go back", () => {
    start(withOriginal);
    root.install(deb);
    root.write(cf, site);
    root.must(`cp ${theOriginal} /tmp`);
    for (const what of ["ldirectord", "/tmp/ldirectord_*_all.deb"]) {
      const { code, text } = root.run(`apt-get install -y -q ${what}`);
      expect(text).toContain("To go back: apt remove ldirectord-ng, then this again.");
      expect(code).toBe(100);
    }
    expect(root.run(inDpkgsList).code).not.toBe(0);
    expect(root.must("ldirectord -v")).toContain("ldirectord-ng");

    root.must("apt-get remove -y -q ldirectord-ng");
    root.must("apt-get install -y -q /tmp/ldirectord_*_all.deb");
    expect(root.must("head -1 /usr/sbin/ldirectord")).toContain("perl");
    expect(root.read(cf)).toBe(site);
  });

  test("dpkg, which cannot be kept from it, leaves ours running and says what to do; both ways out work", () => {
    start(withOriginal);
    root.install(deb);
    root.write(cf, site);
    const said = root.must(`dpkg -i ${theOriginal}`);
    expect(said).toContain("ldirectord is now installed in name only");
    expect(root.must("ldirectord -v")).toContain("ldirectord-ng");
    // An upgrade of all that is installed has it among the others.
    root.must("apt-get install --reinstall -y -q ldirectord");
    expect(root.must("ldirectord -v")).toContain("ldirectord-ng");

    root.must(`dpkg -i ${deb}`);
    expect(root.run(inDpkgsList).code).not.toBe(0);
    expect(root.must("ldirectord -v")).toContain("ldirectord-ng");

    root.must(`dpkg -i ${theOriginal}`);
    const hint = root.must("apt-get remove -y -q ldirectord-ng");
    expect(hint).toContain("apt install --reinstall ldirectord");
    root.must("apt-get install --reinstall -y -q ldirectord");
    expect(root.must("head -1 /usr/sbin/ldirectord")).toContain("perl");
    expect(root.read(cf)).toBe(site);
    purge();
    expect(root.must("dpkg --verify ldirectord | grep -v ' c ' || true")).toBe("");
  });

  test("what comes with it is found by those it is for", () => {
    start(clean);
    root.install("man-db", "logrotate", "libxml2-utils", "systemd");
    root.install(deb);
    expect(root.must("man -w ldirectord")).toBe("/usr/share/man/man8/ldirectord.8.gz\n");
    expect(root.must("man -w ldirectorctl")).toBe("/usr/share/man/man8/ldirectorctl.8.gz\n");
    expect(root.must("ldirectord-health -q || [ $? = 3 ]")).toBe("");
    root.write("/tmp/site.cf", site);
    expect(root.must("ldirectorctl check --json /tmp/site.cf || [ $? = 1 ]")).toContain(
      '"mistakes": 0',
    );
    // What reads links has a binary of its own; without it there is nothing of addresses in what was seen.
    const doctor = JSON.parse(root.must("ldirectorctl doctor --json /tmp/site.cf || [ $? = 2 ]"));
    expect(doctor.findings.map(({ id }: { id: string }) => id)).toContain("vip-missing");
    const started = "8cb9f306b3e445ecbe020d85b6213a2d";
    expect(root.must(`journalctl --list-catalog ${started}`)).toContain("ldirectord started");
    expect(root.must("logrotate -d /etc/logrotate.d/ldirectord")).not.toContain("error");
    root.must("/usr/lib/ocf/resource.d/ldirectord-ng/ldirectord meta-data | xmllint --noout -");
    const completed = (...words: string[]) =>
      root
        .must(`cd /tmp/here && bash -c '
          . /usr/share/bash-completion/completions/ldirectord
          COMP_WORDS=(ldirectord ${words.map((word) => `"${word}"`).join(" ")}) COMP_CWORD=${words.length}
          _ldirectord
          printf "%s\\n" "\${COMPREPLY[@]}"'`)
        .trim()
        .split("\n");
    root.must("mkdir -p /tmp/here/sites && touch '/tmp/here/my site.cf' /tmp/here/sites/a.cf");
    expect(completed("web.cf", "sta")).toEqual(["start", "status"]);
    expect(completed("")).toEqual(
      expect.arrayContaining(["start", "ldirectord.cf", "my site.cf", "sites"]),
    );
    expect(completed("my")).toEqual(["my site.cf"]);
    expect(completed("sites/")).toEqual(["sites/a.cf"]);
    expect(completed("/etc/ha.d/l")).toEqual([cf]);
    expect(completed("--v")).toEqual(["--version"]);
    const unit = "/lib/systemd/system/ldirectord.service";
    expect(root.must(`systemd-analyze verify ${unit}`)).toBe("");
    // Of 100. A newer systemd asks for more.
    const limit = suite === "bookworm" ? 16 : 18;
    const analyze = `systemd-analyze security --no-pager --offline=yes --threshold=${limit} ${unit}`;
    const exposure = root.must(analyze).trim();
    say(`${suite}: ${exposure.split("\n").at(-1)}`);

    purge();
    expect(root.must("journalctl --list-catalog")).not.toContain(started);
  });

  test("the init script answers as LSB wants it, for the file that /etc/default names", () => {
    start(clean);
    root.install(deb);
    const init = (action: string) => root.run(`/etc/init.d/ldirectord ${action}`).code;
    expect(init("start")).toBe(0); // no /etc/ldirectord.cf: nothing to do
    root.write("/etc/web.cf", site);
    root.write("/etc/ldirectord-ng.ini", "[table]\nbackend=embedded\n");
    root.write("/etc/default/ldirectord", "CONFIG_FILE=/etc/web.cf\n");
    expect(init("status")).toBe(3);
    for (const action of ["start", "start", "status", "reload", "force-reload", "restart"]) {
      expect([action, init(action)]).toEqual([action, 0]);
    }
    expect(exists("/run/ldirectord.web.cf.pid")).toBe(true);
    expect([init("stop"), init("stop"), init("status")]).toEqual([0, 0, 3]);
    expect(init("no-such-action")).toBe(1); // as the original's
  });

  test.for(["newer", "older"])("one that is %s takes over what runs, and its files", (which) => {
    start(clean);
    const other = "/tmp/other.deb";
    root.must(`cd /tmp && dpkg-deb -R ${deb} other &&
      sed -i 's/^Version: .*/Version: 0.0.1/' other/DEBIAN/control && dpkg-deb -Zgzip -z1 -b other ${other}`);
    const [first, second] = which === "newer" ? [other, deb] : [deb, other];
    root.must(`dpkg -i ${first}`);
    root.write("/usr/sbin/policy-rc.d", "#!/bin/sh\nexit 104\n");
    root.write(cf, site);
    root.write(ini, "[table]\nbackend=embedded\n");
    root.write("/etc/default/ldirectord", `CONFIG_FILE=${cf}\n`);
    root.must("/etc/init.d/ldirectord start");
    const pid = () => root.read("/run/ldirectord.ldirectord.cf.pid").trim();
    const before = pid();

    root.must(`dpkg -i ${second}`);
    expect(root.run(`ldirectord ${cf} status`).code).toBe(0);
    expect(pid()).not.toBe(before);
    expect(root.read(cf)).toBe(site);
    // Nothing was cleaned behind the back of the one that goes.
    expect(root.read("/var/log/ldirectord.log")).not.toContain("Deleted");
  });

  test("where what runs could not be replaced, it runs on, dpkg fails and names the lines; mended, it is replaced", () => {
    start(clean);
    root.install(deb);
    root.write("/usr/sbin/policy-rc.d", "#!/bin/sh\nexit 104\n");
    root.write(cf, site);
    root.write(ini, "[table]\nbackend=embedded\n");
    root.write("/etc/default/ldirectord", `CONFIG_FILE=${cf}\n`);
    root.must("/etc/init.d/ldirectord start");
    const status = root.must(`ldirectord ${cf} status`);
    const private_ = "/usr/lib/ldirectord-ng";
    const node = flavour === "deb12" ? `${private_}/node` : "/usr/bin/node";
    const others = "/etc/ha.d/other.cf";
    const trouble: [name: string, cause: string, mend: string, said: string][] = [
      ["the file", `echo nonsense >>${cf}`, `sed -i '$d' ${cf}`, `${cf}:5:1: nonsense`],
      ["the ini", `echo nonsense >>${ini}`, `sed -i '$d' ${ini}`, `${ini}:3`],
      ["the file is gone", `mv ${cf} /tmp`, `mv /tmp/ldirectord.cf ${cf}`, "not found"],
      [
        "a file of another instance",
        `sed -i '1iexecute=other.cf' ${cf}; echo nonsense >${others}`,
        `sed -i 1d ${cf}; rm ${others}`,
        `${others}:1:1: nonsense`,
      ],
      [
        "a part of the program",
        `mv ${private_}/node_modules/koffi /tmp; rm ${ini}`,
        `mv /tmp/koffi ${private_}/node_modules/; printf '[table]\\nbackend=embedded\\n' >${ini}`,
        "the kernel cannot be reached",
      ],
      [
        "no Node.js",
        `chmod -x $(readlink -f ${node})`,
        `chmod +x $(readlink -f ${node})`,
        "Node.js",
      ],
    ];
    for (const [name, cause, mend, reason] of trouble) {
      root.must(`dpkg --unpack ${deb} && ${cause}`);
      const { code, text } = root.run("dpkg --configure ldirectord-ng");
      expect([name, code]).toEqual([name, 1]);
      expect(text).toContain(reason);
      expect(text).toContain("NOTHING WAS TAKEN OVER");
      expect(text).toContain("dpkg --configure ldirectord-ng");
      root.must(mend);
      expect([name, root.must(`ldirectord ${cf} status`)]).toEqual([name, status]);
    }
    root.must("dpkg --configure ldirectord-ng");
    const after = root.must(`ldirectord ${cf} status`);
    expect(after).toContain("is running with pid");
    expect(after).not.toBe(status);
    expect(root.read("/var/log/ldirectord.log")).not.toContain("Deleted");
  });

  test("an operator's odd ways do not keep it from being configured", () => {
    start(withOriginal);
    root.write(cf, "execute=ftp.cf\n");
    // No init script, nor its links; and a file in the place of a folder, which is told.
    root.must("rm -f /etc/init.d/ldirectord /etc/rc?.d/*ldirectord");
    root.must("mkdir -p /etc/systemd/system && : >/etc/systemd/system/ldirectord.service.d");
    // What dpkg is to do about the script it would ask; nobody is there to answer.
    expect(root.install("-oDpkg::Options::=--force-confold", deb)).toContain(
      "cannot be made, and without it ldirectord would not run as",
    );
    expect(exists("/etc/init.d/ldirectord")).toBe(false);
    root.must(`dpkg -i ${deb} && dpkg --audit && apt-get purge -y -q ldirectord-ng`);
  });

  test("where the local policy forbids a restart, what runs is left running", () => {
    start(clean);
    root.install(deb);
    root.write(cf, site);
    root.write(ini, "[table]\nbackend=embedded\n");
    root.write("/etc/default/ldirectord", `CONFIG_FILE=${cf}\n`);
    root.must("/etc/init.d/ldirectord start");
    const status = root.must(`ldirectord ${cf} status`);
    // By policy-rc.d, and without an init system.
    for (const policy of ["true", "rm /usr/sbin/policy-rc.d"]) {
      root.must(policy);
      expect(root.must(`dpkg -i ${deb}`)).toContain("ldirectord runs on as it was");
      expect(root.must(`ldirectord ${cf} status`)).toBe(status);
    }
  });

  test("a site that asks for root keeps it, and hears why; purging forgets that", () => {
    start(withOriginal);
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

  test("what root prepares for the service, its user cannot lead astray", () => {
    start(clean);
    root.install(deb);
    const monitorfile = (path: string, n: number) => `virtual=192.0.2.${n}:80
        real=127.0.0.1:9 gate
        monitorfile="/var/log/${path}"
`;
    const paths = ["site/a.log", "root-link.log", "theirs/link", "theirs/away/made", "theirs/kept"];
    root.write(cf, [...paths, "site/../up.log"].map(monitorfile).join(""));
    root.must(`mkdir /var/log/site /var/log/theirs && chown ldirectord /var/log/theirs
      ln -s /etc/not-made /var/log/root-link.log
      echo secret >/var/log/theirs/kept && chmod 600 /var/log/theirs/kept
      setpriv --reuid ldirectord --regid ldirectord --clear-groups sh -ec \
        'cd /var/log/theirs; ln -s /etc/not-made link; ln -s /etc away'`);
    root.must("/usr/lib/ldirectord-ng/prepare-service");
    const owner = (path: string) => root.must(`stat -c %U:%a ${path}`).trim();
    expect(owner("/var/log/ldirectord.log")).toBe("ldirectord:644");
    expect(owner("/var/log/site/a.log")).toBe("ldirectord:644");
    expect(owner("/var/log/theirs/kept")).toBe("root:600");
    for (const path of ["/etc/not-made", "/etc/made", "/var/log/up.log"]) {
      expect([path, exists(path)]).toEqual([path, false]);
    }
  });

  test("a secret file that only root may read keeps root too, wherever the service finds it", () => {
    start(withOriginal);
    root.must(
      `mkdir /etc/ha.d/conf /srv/lvs && rm ${cf} && ln -s /srv/lvs/web.cf /etc/ha.d/conf/ldirectord.cf`,
    );
    root.write("/srv/lvs/web.cf", site);
    root.must("chmod 600 /srv/lvs/web.cf");
    expect(root.install(deb)).toContain("only root may read it");
  });
}
