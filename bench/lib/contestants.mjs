/** Ours and those beside it: how each is started for a work, and what it tells of the table. */
import { spawn } from "node:child_process";
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { keepalivedFile, ldirectordFile } from "./configurations.mjs";
import { hasIpvs } from "./namespace.mjs";

/** The clock of the farm and of the stand-in for IPVS. */
export const nowUs = () => Number(process.hrtime.bigint() / 1000n);

/** What has been appended to a file since the last look, in whole lines. */
function follow(path) {
  let [at, rest] = [0, ""];
  const part = Buffer.alloc(1 << 16);
  return () => {
    let fd;
    try {
      fd = openSync(path, "r");
    } catch {
      return [];
    }
    for (let got = 1; got > 0; ) {
      got = readSync(fd, part, 0, part.length, at);
      at += got;
      rest += part.toString("latin1", 0, got);
    }
    closeSync(fd);
    const lines = rest.split("\n");
    rest = lines.pop();
    return lines;
  };
}

/** In ours' log; when it was seen is when it was. */
function toldByOurs(line) {
  const [, what, real] = /(Added|Restored|Deleted) real server: (\S+)/.exec(line) ?? [];
  return real && { atUs: nowUs(), isIn: what !== "Deleted", real };
}

/** In the file of native/fake-ipvs.c. */
function toldByFakeIpvs(line) {
  const [atUs, what, real] = line.split(" ");
  return { atUs: Number(atUs), isIn: what === "add", real };
}

/** The kernel's own: those of its rows that have come or gone since the last look. */
function followKernel() {
  let before = new Set();
  return () => {
    const text = readFileSync("/proc/net/ip_vs", "latin1");
    const now = new Set(
      [...text.matchAll(/-> ([0-9A-F]{8}):([0-9A-F]{4})\s+\w+\s+[1-9]/g)].map(
        ([, host, port]) => `${Buffer.from(host, "hex").join(".")}:${Number.parseInt(port, 16)}`,
      ),
    );
    const [gone, come] = [
      [...before].filter((real) => !now.has(real)),
      [...now].filter((real) => !before.has(real)),
    ];
    before = now;
    const atUs = nowUs();
    return [
      ...gone.map((real) => ({ atUs, isIn: false, real })),
      ...come.map((real) => ({ atUs, isIn: true, real })),
    ];
  };
}

/**
 * By name: how its file is written, what is run, and which file tells of the table.
 * Each gets the work and its place: { folder, product, programs }.
 */
const kinds = {
  ours: {
    write: (work, { folder }) => {
      const ini = [
        ...["[table]", ...(hasIpvs() ? [] : ["backend=embedded"]), "reread-seconds=5"],
        ...["[daemon]", `rundir=${folder}`, "[control]", "socket=off", `state=${folder}`],
        ...(work.ini ?? []),
      ];
      writeFileSync(join(folder, "ldirectord-ng.ini"), `${ini.join("\n")}\n`);
      writeFileSync(join(folder, "bench.cf"), ldirectordFile(work));
    },
    command: (_work, { folder, product }) => [
      ...[process.execPath, join(product, "src/cli.js"), join(folder, "bench.cf"), "start"],
    ],
    tells: ["log", toldByOurs],
  },
  keepalived: {
    write: (work, { folder }) =>
      writeFileSync(join(folder, "keepalived.conf"), keepalivedFile(work)),
    command: (_work, { folder }) => [
      ...["keepalived", "-n", "-C", "-f", join(folder, "keepalived.conf")],
      ...["-p", join(folder, "keepalived.pid"), "-c", join(folder, "checkers.pid")],
    ],
    environment: ({ folder, programs }) =>
      hasIpvs() ? {} : { LD_PRELOAD: programs.fakeIpvs, FAKE_IPVS: join(folder, "table") },
    tells: ["table", toldByFakeIpvs],
  },
  original: {
    write: (work, { folder }) =>
      writeFileSync(join(folder, "bench.cf"), ldirectordFile(work, [`logfile="${folder}/log"`])),
    command: (_work, { folder }) => ["/usr/sbin/ldirectord", join(folder, "bench.cf"), "start"],
    tells: ["log", toldByOurs],
  },
  floor: {
    write: () => {},
    command: ({ check, reals, port, interval }, { programs }) =>
      [programs.floor, check, reals, port, interval * 1000].map(String),
  },
};

/** One of them, at work. */
export class Contestant {
  #kind;
  #work;
  #place;
  #changes;
  #table = new Map();
  #closed;

  /**
   * @param name of `kinds`, or NAME=PRODUCT: another one of ours
   * @param setting { scratch: a folder, programs: of needs.mjs, product: ours, the folder with src/cli.js }
   */
  constructor(name, work, { scratch, programs, product }) {
    const [, other] = name.split("=");
    const folder = join(scratch, other ? "other" : name);
    this.#kind = kinds[other ? "ours" : name];
    this.#work = work;
    this.#place = { folder, product: other ?? product, programs };
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    this.#kind.write(work, this.#place);
    this.log = join(folder, "log");
    const log = openSync(this.log, "a");
    const [program, ...args] = this.#kind.command(work, this.#place);
    this.startedUs = nowUs();
    this.child = spawn(program, args, {
      stdio: ["ignore", log, log],
      cwd: folder,
      env: { ...process.env, ...work.environment, ...this.#kind.environment?.(this.#place) },
    });
    closeSync(log);
    this.#closed = new Promise((resolve) => this.child.once("close", resolve));
    this.tellsTable = this.#kind.tells !== undefined;
    const [file, read] = this.#kind.tells ?? ["log", () => []];
    const lines = follow(join(folder, file));
    this.#changes = hasIpvs() ? followKernel() : () => lines().flatMap((line) => read(line) ?? []);
  }

  get pid() {
    return this.child.pid;
  }

  /** @returns by `ADDRESS:PORT` the last change of its row that was told: { atUs, isIn } */
  table() {
    for (const change of this.#changes()) this.#table.set(change.real, change);
    return this.#table;
  }

  /** How many are in the table. */
  rows() {
    return [...this.table().values()].filter(({ isIn }) => isIn).length;
  }

  /** @throws when it is not running any more */
  assertRuns() {
    if (this.child.exitCode === null && this.child.signalCode === null && this.pid) return;
    throw new Error(`has ended: ${readFileSync(this.log, "utf8").slice(-500)}`);
  }

  /** Changes the work in its file, and there alone. */
  rewrite(more) {
    this.#work = { ...this.#work, ...more };
    this.#kind.write(this.#work, this.#place);
  }

  reload() {
    this.child.kill("SIGHUP");
  }

  async end() {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill();
    const timer = setTimeout(() => this.child.kill("SIGKILL"), 15_000);
    await this.#closed;
    clearTimeout(timer);
  }
}
