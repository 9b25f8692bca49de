// The RPM package, by packaging/rpm/ldirectord-ng.spec. Its ldirectord has the OCF agent in it, so ours has too;
// init scripts and /etc/default are Debian's affair.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { layOut, nameOwnExamples, putManuals, settle } from "./layout.mjs";
import { top } from "./setup.mjs";

const architectures = { x64: "x86_64", arm64: "aarch64", riscv64: "riscv64", ppc64: "ppc64le" };

/** @param job what package.mjs knows @returns the path of the package */
export function buildRpm(job) {
  const root = join(job.work, "rpm-root");
  const build = join(job.work, "rpm-build");
  const docFolder = "usr/share/doc/ldirectord-ng";
  layOut(root, {
    tree: job.tree,
    unitFolder: "usr/lib/systemd/system",
    ocfProvider: "heartbeat",
    docFolder,
  });
  nameOwnExamples(root, docFolder);
  for (const path of ["etc/default", "etc/init.d"]) rmSync(join(root, path), { recursive: true });
  writeFileSync(join(root, docFolder, "copyright"), job.copyright);
  putManuals(root, job.manuals);
  settle(root, job.epoch);

  mkdirSync(build);
  const architecture = architectures[process.arch] ?? process.arch;
  const defines = {
    _topdir: build,
    _rpmdir: build,
    _dbpath: join(build, "db"), // else rpm makes one in our home
    _tree: root,
    _version: job.version,
    _buildhost: "reproducible",
    use_source_date_epoch_as_buildtime: 1,
    clamp_mtime_to_source_date_epoch: 1,
    _rpmfilename: "%%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm",
  };
  const { status, stderr } = spawnSync(
    "rpmbuild",
    [
      ...["-bb", "--quiet", "--target", architecture],
      ...Object.entries(defines).flatMap(([name, value]) => ["--define", `${name} ${value}`]),
      join(top, "packaging/rpm/ldirectord-ng.spec"),
    ],
    { env: { ...process.env, SOURCE_DATE_EPOCH: String(job.epoch) }, encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`rpmbuild (package rpm) failed:\n${stderr}`);
  const name = `ldirectord-ng-${job.version}-1.${architecture}.rpm`;
  cpSync(join(build, name), join(job.output, name));
  return join(job.output, name);
}
