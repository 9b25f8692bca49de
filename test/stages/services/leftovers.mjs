// vitest's globalSetup of the services project: gives the tests a folder of their own for all that is temporary, and
// fails the run when, at its end, a file or a process of it is left.
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export default function setup() {
  const before = process.env.TMPDIR;
  // Short, for the paths of sockets in it; as open as /tmp, for servers that are users of their own.
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "services-")));
  chmodSync(folder, 0o1777);
  process.env.TMPDIR = folder;
  return () => {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
    const left = [...readdirSync(folder).map((name) => `file ${name}`), ...processesIn(folder)];
    rmSync(folder, { recursive: true, force: true });
    if (left.length === 0) return;
    console.error(`\nLeft behind by the service tests:\n  ${left.join("\n  ")}`);
    // What is thrown here would not fail the run.
    process.exitCode = 1;
  };
}

/** Those with our TMPDIR, and those that use something in it: a server may drop its environment. */
function processesIn(folder) {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    const words = read(pid, "cmdline").replaceAll("\0", " ");
    const isOurs =
      words.includes(folder) ||
      read(pid, "environ").split("\0").includes(`TMPDIR=${folder}`) ||
      ["cwd", "root", ...descriptors(pid)].some((name) => target(pid, name).startsWith(folder));
    // vitest itself, and its workers, which end after this.
    const isRunner = Number(pid) === process.pid || parent(pid) === process.pid;
    return isOurs && !isRunner ? [`process ${pid}: ${words}`] : [];
  });
}

/** A process may end while it is looked at. */
function orNothing(look, nothing) {
  try {
    return look();
  } catch {
    return nothing;
  }
}
const read = (pid, name) => orNothing(() => readFileSync(`/proc/${pid}/${name}`, "utf8"), "");
const target = (pid, name) => orNothing(() => readlinkSync(`/proc/${pid}/${name}`), "");
const descriptors = (pid) =>
  orNothing(() => readdirSync(`/proc/${pid}/fd`), []).map((fd) => `fd/${fd}`);
const parent = (pid) => Number(/^PPid:\t(\d+)$/m.exec(read(pid, "status"))?.[1]);
