import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { run } from "../command.ts";
import { ourProgram } from "../director.ts";
import { ipIn, type Namespace, runIn, spawnIn } from "../namespace.ts";
import { until } from "../until.ts";

/** Ours as compiled, or as the package on the machine has them. */
export type Programs = "built" | "installed";

/** Folders that a node has for itself, changes of which nobody else sees; /run begins empty. */
const own = ["/etc", "/usr", "/var"];

/**
 * A host of a cluster on top of a network namespace: with a name, processes, files and a /run of its own. It can lose
 * all its processes at once, be frozen, and start anew; its part of the kernel (addresses, IPVS) goes on meanwhile.
 */
export class ClusterNode {
  readonly namespace: Namespace;
  readonly name: string;
  readonly #programs: Programs;
  /** unshare; its child is the node's first process, which waits for the end of its standard input. */
  #child: ChildProcess | undefined;
  #firstPid = 0;
  /** Each nsenter stops itself when its program is stopped; the first process ends when they have noticed that theirs has. */
  readonly #wrappers = new Set<ChildProcess>();

  private constructor(namespace: Namespace, name: string, programs: Programs) {
    this.namespace = namespace;
    this.name = name;
    this.#programs = programs;
  }

  /** @param name its host name; what one finds on a director, ldirectorctl for one, is there */
  static async start(
    namespace: Namespace,
    name: string,
    programs: Programs = "built",
  ): Promise<ClusterNode> {
    const node = new ClusterNode(namespace, name, programs);
    await node.start();
    return node;
  }

  /** With files as they were to begin with. */
  async start(): Promise<void> {
    const inside = [
      // What its parent leaves behind is not kept by the first process, which waits for nobody.
      "trap '' CHLD",
      `hostname ${this.name}`,
      // What is under test may lie in the /run of the machine.
      "run=$(mktemp -d) && mount -t tmpfs run $run && mkdir $run/daemon",
      "if [ -d /run/daemon ]; then mount --bind /run/daemon $run/daemon; fi",
      "mount --rbind $run /run && umount -l $run && rmdir $run",
      "mount -t tmpfs shm /dev/shm",
      ...own.flatMap((folder) => {
        const layers = `/run/.layers${folder}`;
        const options = `lowerdir=${folder},upperdir=${layers}/up,workdir=${layers}/work`;
        return [
          `mkdir -p ${layers}/up ${layers}/work`,
          `mount -t overlay -o ${options} overlay ${folder}`,
        ];
      }),
      "mkdir -p /run/lock /var/lib /var/log",
      "echo ready",
      "exec cat >/dev/null",
    ].join(" && ");
    const options = ["--mount", "--pid", "--uts", "--ipc", "--fork", "--kill-child"];
    const child = spawnIn(
      this.namespace,
      "unshare",
      [...options, "--mount-proc", "sh", "-c", inside],
      // It complains when its child is killed.
      { stdio: ["pipe", "pipe", "ignore"] },
    );
    this.#child = child;
    child.stdin?.on("error", () => undefined);
    if (!child.stdout) throw new Error("a node needs pipes");
    const [said] = (await Promise.race([once(child.stdout, "data"), once(child, "close")])) as [
      unknown,
    ];
    if (`${said}` !== "ready\n") throw new Error(`${this.name} did not start: ${said}`);
    const children = `/proc/${child.pid}/task/${child.pid}/children`;
    this.#firstPid = Number((await readFile(children, "utf8")).trim());
    if (this.#programs === "installed") return;
    const ctl = join(dirname(ourProgram), "ldirectorctl.js");
    await this.write("/usr/sbin/ldirectord", runsNode(ourProgram), 0o755);
    await this.write("/usr/sbin/ldirectorctl", runsNode(ctl), 0o755);
  }

  get isRunning(): boolean {
    return this.#child !== undefined && !hasEnded(this.#child);
  }

  #enter(): readonly string[] {
    if (!this.isRunning) throw new Error(`${this.name} does not run`);
    return ["--target", `${this.#firstPid}`, "--mount", "--uts", "--ipc", "--net", "--pid"];
  }

  /** Where a file of the node is for us. */
  path(file: string): string {
    return `/proc/${this.#firstPid}/root${file}`;
  }

  async write(file: string, text: string | Buffer, mode = 0o644): Promise<void> {
    await mkdir(dirname(this.path(file)), { recursive: true });
    await writeFile(this.path(file), text);
    await chmod(this.path(file), mode);
  }

  async copy(source: string, file: string, mode = 0o644): Promise<void> {
    await mkdir(dirname(this.path(file)), { recursive: true });
    await copyFile(source, this.path(file));
    await chmod(this.path(file), mode);
  }

  read(file: string): Promise<string> {
    return readFile(this.path(file), "utf8");
  }

  /** What the program printed. Rejects when it ends with another code than 0, or takes too long. */
  async run(command: string, ...args: readonly string[]): Promise<string> {
    return run("nsenter", [...this.#enter(), "--", command, ...args]);
  }

  /** What a shell prints, whatever its exit code. */
  async shell(script: string): Promise<{ readonly out: string; readonly code: number }> {
    const out = await this.run("sh", "-c", `exec 2>&1; (${script}\n); echo "::$?"`);
    const [, text = "", code = "-1"] = /^([\s\S]*)::(\d+)\n$/.exec(out) ?? [];
    return { out: text, code: Number(code) };
  }

  spawn(command: string, ...args: readonly string[]): NodeProgram {
    const child = spawn("nsenter", [...this.#enter(), "--", command, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#wrappers.add(child);
    return new NodeProgram(child);
  }

  /** SIGKILL for all that runs on it, at once. */
  async killAll(): Promise<void> {
    const child = this.#child;
    if (child === undefined || hasEnded(child)) return;
    const closed = once(child, "close");
    // The first process of a process namespace takes all others with it.
    process.kill(this.#firstPid, "SIGKILL");
    // They take the last word of those that they have brought here, without which the namespace never ends; stopped with
    // them, they have to go on for that. Where they are killed, the lab's first process would have to, and it does not.
    for (const wrapper of this.#wrappers) wrapper.kill("SIGCONT");
    this.#wrappers.clear();
    await closed;
  }

  /** For all that runs on it. SIGKILL, other than `killAll`, leaves its files, whose end would hold up the whole machine for seconds. */
  async signalAll(signal: "STOP" | "CONT" | "KILL"): Promise<void> {
    await run("nsenter", [...this.#enter(), "--", "sh", "-c", `kill -${signal} -1`]);
    if (signal === "CONT") for (const wrapper of this.#wrappers) wrapper.kill("SIGCONT");
  }

  /** All that a reboot takes from the kernel's part: the table, its connections and sync daemons, addresses but those of `keep`. */
  async forget(keep: readonly string[]): Promise<void> {
    const { namespace } = this;
    const lines = (await runIn(namespace, "ip", ["-o", "addr", "show", "scope", "global"]))
      .split("\n")
      .map((line) => /^\d+: (\S+)\s+inet6? (\S+)/.exec(line))
      .flatMap((found) => (found ? [{ device: `${found[1]}`, address: `${found[2]}` }] : []))
      .filter(({ address }) => !keep.includes(address))
      .map(({ device, address }) => `addr del ${address} dev ${device}`);
    await ipIn(namespace, [...lines, "neigh flush all"]);
    for (const state of ["master", "backup"]) {
      await runIn(namespace, "ipvsadm", ["--stop-daemon", state]).catch(() => undefined);
    }
    await runIn(namespace, "ipvsadm", ["--clear"]);
  }

  /** Whether it has the address, on whatever interface. */
  async hasAddress(address: string): Promise<boolean> {
    const shown = await runIn(this.namespace, "ip", ["-o", "addr", "show"]);
    return shown.includes(` ${address}/`);
  }

  untilAddress(address: string, deadlineMs?: number): Promise<boolean> {
    const look = () => this.hasAddress(address);
    return until(look, (has) => has, `${this.name} has ${address}`, deadlineMs);
  }
}

const runsNode = (script: string): string => `#!/bin/sh\nexec ${process.execPath} ${script} "$@"\n`;

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean =>
  exitCode !== null || signalCode !== null;

/** A program on a node, its output kept for when a test fails. */
export class NodeProgram {
  readonly #child: ChildProcess;
  #log = "";

  constructor(child: ChildProcess) {
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#log += text;
      });
    }
  }

  get log(): string {
    return this.#log;
  }

  get isRunning(): boolean {
    return !hasEnded(this.#child);
  }

  /** The program's own, not nsenter's. */
  async pid(): Promise<number> {
    const { pid } = this.#child;
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
    return Number(children.trim().split(" ")[0]);
  }

  async signal(signal: NodeJS.Signals): Promise<void> {
    process.kill(await this.pid(), signal);
    // Its nsenter has stopped with it.
    if (signal === "SIGCONT") this.#child.kill(signal);
  }

  /** @returns its exit code */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    if (hasEnded(this.#child)) return this.#child.exitCode;
    const ended = this.ended();
    process.kill(await this.pid(), signal);
    return ended;
  }

  /** Waits for its end. @returns its exit code */
  async ended(): Promise<number | null> {
    if (!hasEnded(this.#child)) await once(this.#child, "close");
    return this.#child.exitCode;
  }
}
