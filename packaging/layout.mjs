// Which file is installed where, the same in every package.
import {
  chmodSync,
  cpSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { iniSample } from "./ini-sample.mjs";
import { top } from "./setup.mjs";

const files = join(top, "packaging", "files");

/** Where our own code goes; the launcher names it too. */
export const privateFolder = "usr/lib/ldirectord-ng";

/** Configuration files, never overwritten once edited. The first three are byte for byte Debian's: see deb.mjs. */
export const configFiles = [
  ["ldirectord.cf", "etc/ha.d/ldirectord.cf"],
  ["ldirectord.default", "etc/default/ldirectord"],
  ["ldirectord.logrotate", "etc/logrotate.d/ldirectord"],
  ["ldirectord.init", "etc/init.d/ldirectord", 0o755],
];

const otherFiles = (unitFolder, ocfProvider) => [
  ["ldirectord", "usr/sbin/ldirectord", 0o755],
  ["ldirectorctl", "usr/sbin/ldirectorctl", 0o755],
  ["ldirectord-health", "usr/sbin/ldirectord-health", 0o755],
  ["prepare-service", `${privateFolder}/prepare-service`, 0o755],
  ["needs-root", `${privateFolder}/needs-root`, 0o755],
  ["is-director", `${privateFolder}/is-director`, 0o755],
  ["would-start", `${privateFolder}/would-start`, 0o755],
  ["hand-over", `${privateFolder}/hand-over`, 0o755],
  ["ldirectord.service", `${unitFolder}/ldirectord.service`],
  ["hardened.conf", `${unitFolder}/ldirectord.service.d/hardened.conf`],
  ["ldirectord.tmpfiles", "usr/lib/tmpfiles.d/ldirectord.conf"],
  ["ocf-agent", `usr/lib/ocf/resource.d/${ocfProvider}/ldirectord`, 0o755],
  ["ldirectord.bash-completion", "usr/share/bash-completion/completions/ldirectord"],
  ["ldirectorctl.bash-completion", "usr/share/bash-completion/completions/ldirectorctl"],
  ["ldirectorctl.zsh-completion", "usr/share/zsh/vendor-completions/_ldirectorctl"],
  ["ldirectorctl.fish-completion", "usr/share/fish/vendor_completions.d/ldirectorctl.fish"],
];

/**
 * Everything but what is a package's own business.
 * @param root a folder to fill
 * @param tree what `bundle` made
 * @param unitFolder where systemd's units go
 * @param ocfProvider `heartbeat` where no other package has that agent
 */
export function layOut(root, { tree, unitFolder, ocfProvider, docFolder }) {
  const put = (source, target, mode = 0o644) => {
    mkdirSync(dirname(join(root, target)), { recursive: true });
    cpSync(source, join(root, target));
    chmodSync(join(root, target), mode);
  };
  cpSync(tree, join(root, privateFolder), { recursive: true });
  for (const [name, target, mode] of [...configFiles, ...otherFiles(unitFolder, ocfProvider)]) {
    put(join(files, name), target, mode);
  }
  mkdirSync(join(root, "etc/ha.d/resource.d"), { recursive: true });
  symlinkSync("/usr/sbin/ldirectord", join(root, "etc/ha.d/resource.d/ldirectord"));
  // What `journalctl -x` says of our events.
  const catalog = join(top, "packaging", "ldirectord-ng.catalog");
  const catalogTarget = "usr/lib/systemd/catalog/ldirectord-ng.catalog";
  put(catalog, catalogTarget);
  // Whoever reads the journal is in no folder of ours.
  const words = readFileSync(catalog, "utf8").replace(
    /\bdocs\/(?=\w+\.md)/g,
    `/${docFolder}/docs/`,
  );
  writeFileSync(join(root, catalogTarget), words);
  putDocs(join(root, docFolder));
}

/** Where the sources have them, so that each finds the others; and examples under the names they are to have. */
function putDocs(folder) {
  const found = ["docs", "examples"].flatMap((from) =>
    readdirSync(join(top, from))
      .filter((name) => /\.(md|cf)$|^openapi\.json$/.test(name))
      .map((name) => `${from}/${name}`),
  );
  const more = ["CONTRIBUTING.md", "SECURITY.md", "test/README.md", "test/stages/parity/README.md"];
  for (const name of ["README.md", "CHANGELOG.md", ...more, ...found]) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    cpSync(join(top, name), join(folder, name));
  }
  for (const name of ["examples/ha", "examples/monitoring"]) {
    // What starts a lab of a checkout is for that alone.
    const filter = (from) => !from.endsWith(".mjs");
    cpSync(join(top, name), join(folder, name), { recursive: true, filter });
  }
  for (const name of ["docs/performance", "docs/pictures"]) {
    cpSync(join(top, name), join(folder, name), { recursive: true });
  }
  cpSync(join(top, "ldirectord.cf.sample"), join(folder, "examples/ldirectord.cf"));
  symlinkSync("examples/ldirectord.cf", join(folder, "ldirectord.cf.sample"));
  const manual = readFileSync(join(top, "docs/ldirectord.8.md"), "utf8");
  writeFileSync(join(folder, "examples/ldirectord-ng.ini"), iniSample(manual));
}

/** Debian's words about the examples, where nothing is to be byte for byte Debian's. */
export function nameOwnExamples(root, docFolder) {
  const path = join(root, "etc/ha.d/ldirectord.cf");
  const debians = "/usr/share/doc/ldirectord/examples/ldirectord.cf.gz";
  const text = readFileSync(path, "utf8").replace(debians, `/${docFolder}/examples/ldirectord.cf`);
  writeFileSync(path, text);
}

/** @param manuals by name, `ldirectord.8` */
export function putManuals(root, manuals) {
  for (const [name, text] of Object.entries(manuals))
    putCompressed(join(root, "usr/share/man/man8", `${name}.gz`), text);
}

/** Writes `text` as a gzip file without a date in it. */
export function putCompressed(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, gzipSync(text, { level: 9 }));
}

/** @returns every path below `root`, files and links only, sorted */
export function filesBelow(root) {
  return readdirSync(root, { recursive: true })
    .filter((path) => !lstatSync(join(root, path)).isDirectory())
    .sort();
}

/** The same modes and dates whoever builds it, and when. @param epoch seconds */
export function settle(root, epoch) {
  for (const path of ["", ...readdirSync(root, { recursive: true })]) {
    const full = join(root, path);
    const found = lstatSync(full);
    if (found.isSymbolicLink()) continue;
    if (found.isDirectory()) chmodSync(full, 0o755);
    else chmodSync(full, found.mode & 0o100 ? 0o755 : 0o644);
  }
  // After the modes; the folders last, for their files touch them.
  for (const path of [...readdirSync(root, { recursive: true }), ""].sort().reverse()) {
    const full = join(root, path);
    if (!lstatSync(full).isSymbolicLink()) utimesSync(full, epoch, epoch);
  }
}
