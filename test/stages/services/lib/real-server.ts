import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
} from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface RealServerPlan {
  readonly command: string;
  readonly args?: readonly string[];
  readonly cwd?: string;
  /** Added to our own environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Who runs it, when not we; `userIds` finds them by name. */
  readonly uid?: number;
  readonly gid?: number;
  /** It is ready once it takes TCP connections on `port`, and once its output has `log`, whichever are named. */
  readonly ready: { readonly port?: number; readonly host?: string; readonly log?: RegExp };
  readonly timeoutMs?: number;
}

export interface RealServer extends AsyncDisposable {
  readonly pid: number;
  /** Standard output and standard error so far. */
  output(): string;
  /** Its port still takes connections, by the kernel's doing, but nobody answers; `stop` works as ever. */
  freeze(): Promise<void>;
  /** Ends it with its children, and returns when it is gone. */
  stop(): Promise<void>;
}

/** How long it may take to end when asked to. */
const stopMs = 5000;
const pollMs = 20;

/** Process groups that live; none outlives this process. */
const groups = new Set<number>();
process.on("exit", () => {
  for (const group of groups) signalGroup(group, "SIGKILL");
});

/**
 * Runs a server in the foreground, as the leader of a process group of its own.
 * Rejects with its output when it ends or is not ready in time; then nothing of it is left.
 */
export async function startRealServer(plan: RealServerPlan): Promise<RealServer> {
  const { command, args = [], cwd, env = {}, uid, gid, ready, timeoutMs = 20_000 } = plan;
  const log = openLog();
  const child = spawn(command, args, {
    detached: true,
    stdio: ["ignore", log.fd, log.fd],
    env: { ...process.env, ...env },
    ...(cwd === undefined ? {} : { cwd }),
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
  });
  closeSync(log.fd);
  let failure: Error | undefined;
  child.on("error", (error) => {
    failure = error;
  });
  const { pid } = child;
  if (pid === undefined) {
    await once(child, "error").catch(() => {});
    log.close();
    throw new Error(`${command} could not be started`, { cause: failure });
  }
  groups.add(pid);

  const stop = async (): Promise<void> => {
    await end(child, pid);
    log.close();
  };
  const server: RealServer = {
    pid,
    output: log.text,
    freeze: () => freeze(pid),
    stop,
    [Symbol.asyncDispose]: stop,
  };
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null) {
      await stop();
      throw new Error(`${command} ended (${child.signalCode ?? child.exitCode}):\n${log.text()}`);
    }
    const isLogged = ready.log === undefined || ready.log.test(log.text());
    if (
      isLogged &&
      (ready.port === undefined || (await accepts(ready.port, ready.host ?? "127.0.0.1")))
    )
      return server;
    if (performance.now() > deadline) {
      await stop();
      throw new Error(`${command} was not ready within ${timeoutMs} ms:\n${log.text()}`);
    }
    await pause();
  }
}

interface Log {
  readonly fd: number;
  text(): string;
  /** Removes the file; its text stays. */
  close(): void;
}

/**
 * For standard output and standard error: a file, because a server may open /dev/stderr, which Node's pipes
 * (they are sockets) do not allow, and may by then be another user.
 */
function openLog(): Log {
  const folder = mkdtempSync(join(tmpdir(), "real-server-"));
  const file = join(folder, "output");
  const fd = openSync(file, "a");
  chmodSync(folder, 0o755);
  chmodSync(file, 0o666);
  let last: string | undefined;
  const text = (): string => last ?? readFileSync(file, "utf8");
  return {
    fd,
    text,
    close: () => {
      last ??= text();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function end(child: ChildProcess, group: number): Promise<void> {
  const deadline = performance.now() + stopMs;
  signalGroup(group, "SIGTERM");
  signalGroup(group, "SIGCONT");
  while (isAlive(child, group)) {
    if (performance.now() > deadline) signalGroup(group, "SIGKILL");
    await pause();
  }
  groups.delete(group);
}

/** While anything of its group is left, zombies that nobody reaps aside. */
function isAlive(child: ChildProcess, group: number): boolean {
  if (child.exitCode === null && child.signalCode === null) return true;
  return signalGroup(group, 0);
}

/** Returns when all of them stand still: the signal alone leaves each its time to finish what it is at. */
async function freeze(group: number): Promise<void> {
  signalGroup(group, "SIGSTOP");
  while (threadStates(group).some((state) => !"TtZX".includes(state))) await pause(1);
}

/** One letter for each thread of the group. proc(5), /proc/pid/stat. */
function threadStates(group: number): readonly string[] {
  // A process or a thread may end while it is looked at.
  const orEmpty = <T>(look: () => readonly T[]): readonly T[] => {
    try {
      return look();
    } catch {
      return [];
    }
  };
  const statOf = (path: string): readonly string[] =>
    orEmpty(() => {
      const stat = readFileSync(`/proc/${path}/stat`, "utf8");
      return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    });
  return readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid) && statOf(pid)[2] === String(group))
    .flatMap((pid) =>
      orEmpty(() => readdirSync(`/proc/${pid}/task`)).map((it) => `${pid}/task/${it}`),
    )
    .map((path) => statOf(path)[0] ?? "X");
}

/** @returns whether there was anybody to signal */
function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-group, signal);
    return true;
  } catch {
    return false;
  }
}

const pause = (ms = pollMs): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const accepts = (port: number, host: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ port, host });
    socket.on("error", () => resolve(false));
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
  });

/** A user of this system and its main group, by name. */
export function userIds(name: string): { readonly uid: number; readonly gid: number } {
  const line = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .find((entry) => entry.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(":") ?? [];
  if (uid === undefined || gid === undefined) throw new Error(`no user ${name} on this system`);
  return { uid: Number(uid), gid: Number(gid) };
}
