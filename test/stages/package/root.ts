import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { memoryFolder } from "../../lab/memory-folder.mjs";

const { PACKAGE_CACHE: cache = join(homedir(), ".cache", "ldirectord-ng-package") } = process.env;

interface Ran {
  readonly code: number | null;
  /** Standard output and standard error, as they came. */
  readonly text: string;
}

/** A root of a Debian, which a test may do to as it likes. */
export interface Root {
  readonly path: string;
  /** In a shell inside, with nothing on standard input. */
  run(command: string): Ran;
  /** @throws Error with all that was said, when it does not end with 0 */
  must(command: string): string;
  /** `apt-get install`, with the package lists made new when they are too old. */
  install(...packages: readonly string[]): string;
  /** `apt-get satisfy`, likewise. @param depends as `Depends:` has it */
  satisfy(depends: string): string;
  /** Copies a file in. @returns its path inside */
  put(file: string): string;
  write(path: string, text: string): void;
  read(path: string): string;
  /** Every file and link, but for what apt, dpkg and the account files keep for themselves. */
  files(): string[];
  /** Ends what runs in it, and leaves its files for `openRoot` to copy. */
  settle(): void;
  remove(): void;
}

/**
 * A fresh root.
 * @param model one that is settled, to be as that; else Debian's own, from the cache that setup.sh has made
 */
export function openRoot(suite: string, model?: Root): Root {
  const path = mkdtempSync(join(tmpdir(), `package-${suite}-`));
  const archives = join(cache, `archives-${suite}`);
  mkdirSync(join(archives, "partial"), { recursive: true });
  if (model === undefined) {
    host("tar", "-C", path, "-xf", join(cache, `${suite}.tar`));
    writeFileSync(join(path, "usr/sbin/policy-rc.d"), "#!/bin/sh\nexit 101\n", { mode: 0o755 });
    writeFileSync(join(path, "etc/dpkg/dpkg.cfg.d/hurry"), "force-unsafe-io\n");
    copyFileSync("/etc/resolv.conf", join(path, "etc/resolv.conf"));
  }
  const layers = model && layersOver(model.path, path);
  if (model !== undefined && layers === undefined) {
    host("cp", "-a", "--reflink=auto", `${model.path}/.`, path);
  }
  chmodSync(path, 0o755);
  host("mount", "-t", "proc", "proc", join(path, "proc"));
  host("mount", "--bind", archives, join(path, "var/cache/apt/archives"));

  const run = (command: string): Ran => {
    const { status, stdout } = spawnSync(
      "chroot",
      [
        path,
        "env",
        "-i",
        "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
        "LC_ALL=C.UTF-8",
        "sh",
        "-c",
        `exec 2>&1; ${command}`,
      ],
      { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"], maxBuffer: 2 ** 26 },
    );
    return { code: status, text: stdout };
  };
  const must = (command: string): string => {
    const { code, text } = run(command);
    if (code !== 0) throw new Error(`${command}: exit ${code}\n${text}`);
    return text;
  };

  const apt = (...words: readonly string[]): string => {
    const command = `apt-get -y -q --no-install-recommends ${words.join(" ")}`;
    const first = run(command);
    return first.code === 0 ? first.text : must(`apt-get update -q && ${command}`);
  };

  let isSettled = false;
  const settle = (): void => {
    if (isSettled) return;
    isSettled = true;
    for (const pid of pidsIn(path)) process.kill(pid, "SIGKILL");
    host("umount", "-l", join(path, "var/cache/apt/archives"));
    host("umount", "-l", join(path, "proc"));
  };

  return {
    path,
    run,
    must,
    install: (...packages) => apt("install", ...packages),
    satisfy: (depends) => apt("satisfy", `'${depends}'`),
    put(file) {
      const inside = `/tmp/${file.slice(file.lastIndexOf("/") + 1)}`;
      copyFileSync(file, join(path, inside));
      return inside;
    },
    write: (inside, text) => writeFileSync(join(path, inside), text),
    read: (inside) => readFileSync(join(path, inside), "utf8"),
    files: () =>
      must("find / -xdev ! -type d -not -path '/proc/*' -not -path '/tmp/*'")
        .split("\n")
        .filter((file) => file !== "" && !isKeptByOthers.test(file))
        .sort(),
    settle,
    remove() {
      settle();
      if (layers !== undefined) {
        host("umount", "-l", path);
        rmSync(layers, { recursive: true, force: true });
      }
      rmSync(path, { recursive: true, force: true });
    },
  };
}

/**
 * The model's files at `path`, and what is changed there kept beside it: no copy of ten thousand files. A model must not
 * change while it is one.
 * @returns the folder of what is changed; undefined where such a mount cannot be had
 */
function layersOver(model: string, path: string): string | undefined {
  const layers = mkdtempSync(join(memoryFolder(), "package-layers-"));
  for (const name of ["up", "work"]) mkdirSync(join(layers, name));
  const options = `lowerdir=${model},upperdir=${layers}/up,workdir=${layers}/work`;
  if (spawnSync("mount", ["-t", "overlay", "-o", options, "overlay", path]).status === 0) {
    return layers;
  }
  rmSync(layers, { recursive: true, force: true });
  return undefined;
}

/** Their state and logs; the account files' copies of before; the dynamic linker's cache. */
const isKeptByOthers =
  /^\/(var\/(lib\/(apt|dpkg)|cache|log\/(apt\/|dpkg\.log|alternatives\.log))|etc\/(passwd|group|shadow|gshadow|subuid|subgid)-$|etc\/ld\.so\.cache)/;

/** Whose root is `path`: what the test has started in there. */
function pidsIn(path: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readlinkSync(`/proc/${pid}/root`) === path;
      } catch {
        return false;
      }
    });
}

/** On this machine. @throws Error when it fails */
export function host(command: string, ...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  if (status === 0) return stdout;
  throw new Error(`${command} ${args.join(" ")}: ${error?.message ?? `${stdout}${stderr}`}`);
}
