// For everything that has neither dpkg nor rpm: the files as they are installed, and a script that copies them.
// Without a Node.js in it: whoever needs this one chooses their own.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { layOut, nameOwnExamples, putManuals, settle } from "./layout.mjs";
import { top } from "./setup.mjs";

/** @param job what package.mjs knows @returns the path of the archive */
export function buildTarball(job) {
  const name = `ldirectord-ng-${job.version}-linux-${process.arch}`;
  const folder = join(job.work, "tarball");
  const root = join(folder, name, "root");
  const docFolder = "usr/share/doc/ldirectord-ng";
  mkdirSync(root, { recursive: true });
  layOut(root, {
    tree: job.tree,
    unitFolder: "usr/lib/systemd/system",
    ocfProvider: "ldirectord-ng",
    docFolder,
  });
  nameOwnExamples(root, docFolder);
  writeFileSync(join(root, docFolder, "copyright"), job.copyright);
  putManuals(root, job.manuals);
  cpSync(join(top, "packaging/tarball/install.sh"), join(folder, name, "install.sh"));
  settle(folder, job.epoch);

  const { status, stdout } = spawnSync(
    "tar",
    [
      "--sort=name",
      `--mtime=@${job.epoch}`, // of the links, which settle leaves alone

      "--owner=0",
      "--group=0",
      "--numeric-owner",
      "--format=gnu",
      "-cC",
      folder,
      name,
    ],
    { stdio: ["ignore", "pipe", "inherit"], maxBuffer: 2 ** 30 },
  );
  if (status !== 0) throw new Error("tar failed");
  const target = join(job.output, `${name}.tar.gz`);
  writeFileSync(target, gzipSync(stdout, { level: 9 }));
  return target;
}
