// The Debian packages. One for Debian 12, with a Node.js of its own (node.mjs) because Debian's is older than 20, and one for
// Debian 13 and newer, on Debian's.
//
// They take the place of the original's package by owning every file that it owns, with `Replaces`. dpkg then lets
// it disappear without calling its scripts: the daemon runs on, its table stays, and no rest of it is left whose
// removal would later disable the unit or delete the configuration. That is why there are two packages (its unit
// is in /lib there and in /usr/lib here), why our unit, manual and files of /usr/share/doc/ldirectord have its
// names, and why the small configuration files are its own, byte for byte: dpkg asks no question about them.
// Where the original is of a version whose files are not known, `Conflicts` removes it in the usual way. For the
// others there is none, nor `Breaks`: with either, apt removes the original first, and its prerm empties the table.
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  cpSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import {
  configFiles,
  filesBelow,
  layOut,
  privateFolder,
  putCompressed,
  putManuals,
  settle,
} from "./layout.mjs";
import { bundledNode } from "./node.mjs";
import { top } from "./setup.mjs";

const architectures = { x64: "amd64", arm64: "arm64", riscv64: "riscv64", ppc64: "ppc64el" };

/** `known`: the versions of the original whose files are all among ours. */
const flavours = {
  deb12: { unitFolder: "lib/systemd/system", known: ["1:4.12~", "1:4.13~"], ownNode: true },
  deb13: { unitFolder: "usr/lib/systemd/system", known: ["1:4.16~", "1:4.17~"], ownNode: false },
};

/** Words for dpkg-deb. -z1: a quarter of the time, for a seventh of size more. */
const { PACKAGES_COMPRESSION = "-Zxz -z1" } = process.env;

/** Who packages: as devscripts has it, or the one who made the commit. */
function maintainer() {
  const { DEBFULLNAME, DEBEMAIL, EMAIL } = process.env;
  const committer = (format) =>
    execFileSync("git", ["log", "-1", `--format=${format}`], { cwd: top, encoding: "utf8" }).trim();
  return `${DEBFULLNAME ?? committer("%an")} <${DEBEMAIL ?? EMAIL ?? committer("%ae")}>`;
}

/** Of koffi's binary, and of Node.js as nodejs.org builds it. */
const libraries = "libc6 (>= 2.28), libgcc-s1, libstdc++6";

/**
 * @param name a key of `flavours`
 * @param job what package.mjs knows: tree, work and output folders, version, epoch, copyright
 * @returns the path of the package
 */
export function buildDeb(name, job) {
  const { unitFolder, known, ownNode } = flavours[name];
  const root = join(job.work, name);
  const docFolder = "usr/share/doc/ldirectord-ng";
  const doc = join(root, docFolder);
  // heartbeat/ldirectord is a file of Debian's resource-agents, and works with this program as it is.
  layOut(root, { tree: job.tree, unitFolder, ocfProvider: "ldirectord-ng", docFolder });

  const ofNode = ownNode
    ? putNode(join(root, privateFolder, "node"), join(doc, "copyright.node"))
    : "";
  const version = `${job.version}+${name}`;
  writeFileSync(join(doc, "copyright"), job.copyright + ofNode);
  putCompressed(join(doc, "changelog.gz"), readFileSync(join(top, "CHANGELOG.md")));
  putCompressed(join(doc, "changelog.Debian.gz"), changelog(version, job.epoch));
  putManuals(root, job.manuals);
  putOriginalsDocs(join(root, "usr/share/doc/ldirectord"));
  const overrides = join(root, "usr/share/lintian/overrides/ldirectord-ng");
  mkdirSync(dirname(overrides), { recursive: true });
  cpSync(join(top, "packaging/debian/lintian-overrides"), overrides);

  const meta = join(root, "DEBIAN");
  mkdirSync(meta);
  const installed = filesBelow(root);
  const config = configFiles.map(([, target]) => target);
  writeFileSync(join(meta, "conffiles"), config.map((path) => `/${path}\n`).join(""));
  writeFileSync(join(meta, "md5sums"), sums(root, installed, config));
  // A folder of the original's package, to be told when it comes.
  writeFileSync(join(meta, "triggers"), "interest-noawait /usr/share/doc/ldirectord\n");
  for (const script of ["preinst", "postinst", "prerm", "postrm"]) {
    cpSync(join(top, "packaging/debian", script), join(meta, script));
    chmodSync(join(meta, script), 0o755);
  }
  const sizes = installed.map((path) => Math.ceil(lstatSync(join(root, path)).size / 1024));
  writeFileSync(
    join(meta, "control"),
    control({
      version,
      architecture: architectures[process.arch] ?? process.arch,
      kib: sizes.reduce((sum, size) => sum + size, 0),
      depends: `${libraries}, passwd${ownNode ? "" : ", nodejs (>= 20)"}`,
      conflicts: `ldirectord (<< ${known[0]}), ldirectord (>= ${known[1]})`,
    }),
  );

  settle(root, job.epoch);
  const target = join(job.output, `ldirectord-ng_${version}_${architectures[process.arch]}.deb`);
  rmSync(target, { force: true });
  const { status } = spawnSync(
    "dpkg-deb",
    ["--root-owner-group", ...PACKAGES_COMPRESSION.split(" "), "--build", root, target],
    {
      env: { ...process.env, SOURCE_DATE_EPOCH: String(job.epoch) },
      stdio: ["ignore", "ignore", "inherit"],
    },
  );
  if (status !== 0) throw new Error(`dpkg-deb failed for ${name}`);
  return target;
}

/** Names of the original's, so that its package disappears. */
function putOriginalsDocs(folder) {
  mkdirSync(join(folder, "examples"), { recursive: true });
  for (const name of ["changelog.Debian.gz", "changelog.gz", "copyright"]) {
    symlinkSync(`../ldirectord-ng/${name}`, join(folder, name));
  }
  symlinkSync("../../ldirectord-ng/examples/ldirectord.cf", join(folder, "examples/ldirectord.cf"));
  // The name that the configuration, Debian's as it is, speaks of.
  const sample = readFileSync(join(top, "ldirectord.cf.sample"));
  putCompressed(join(folder, "examples/ldirectord.cf.gz"), sample);
}

/** @returns what the copyright file is to say of it */
function putNode(target, licenceTarget) {
  const { program, version, licence } = bundledNode();
  cpSync(program, target);
  chmodSync(target, 0o755);
  if (spawnSync("strip", [target], { stdio: "inherit" }).status !== 0) {
    throw new Error("deb12: strip failed");
  }
  cpSync(licence, licenceTarget);
  return `
Files: usr/lib/ldirectord-ng/node
Copyright: Node.js contributors and others
Comment: Node.js ${version} as nodejs.org builds it
License: Expat and others, all of them in copyright.node beside this file
`;
}

const control = ({ version, architecture, kib, depends, conflicts }) => `Package: ldirectord-ng
Version: ${version}
Architecture: ${architecture}
Maintainer: ${maintainer()}
Section: admin
Priority: optional
Installed-Size: ${kib}
Pre-Depends: init-system-helpers (>= 1.54~)
Depends: ${depends}
Recommends: ipvsadm, kmod, logrotate
Suggests: bash-completion, pacemaker, resource-agents
Provides: ldirectord
Conflicts: ${conflicts}
Replaces: ldirectord
Description: watches the real servers of a Linux Virtual Server
 ldirectord checks the real servers behind the virtual services of IPVS, and
 keeps the kernel's table right: who fails is taken out, who recovers comes
 back.
 .
 This is a drop-in replacement for the daemon of that name by ClusterLabs: the
 same configuration file, command line, exit codes and log lines. Checks run
 side by side, a broken configuration changes nothing, and a restart
 interrupts nobody.
`;

const changelog = (version, epoch) => `ldirectord-ng (${version}) unstable; urgency=medium

  * See changelog.gz.

 -- ${maintainer()}  ${new Date(epoch * 1000).toUTCString().replace("GMT", "+0000")}
`;

function sums(root, paths, config) {
  return paths
    .filter((path) => !config.includes(path) && !lstatSync(join(root, path)).isSymbolicLink())
    .map((path) => {
      const hash = createHash("md5").update(readFileSync(join(root, path)));
      return `${hash.digest("hex")}  ${path}\n`;
    })
    .join("");
}
