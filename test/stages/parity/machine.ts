import type { ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { ourProgram, type Who } from "../../lab/director.ts";
import { type Namespace, spawnIn } from "../../lab/namespace.ts";
import { patienceMs } from "../../lab/until.ts";
import { brokenProgram, type Mistake } from "./break.ts";
import { parseTable, type Table } from "./table.ts";

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** PARITY_TABLE=emulated: a file in the kernel's place, for the inner loop on a machine without IPVS. */
const isEmulated = process.env["PARITY_TABLE"] === "emulated";

/** Where a path of the machine is seen from outside. */
const places: readonly (readonly [inside: string, outside: string])[] = [
  ["/etc/ha.d/", "ha.d"],
  ["/var/log/", "log"],
  ["/var/run/", "run"],
  ["/run/", "run"],
  ["/srv/", "srv"],
];

/** One director: a host with one program on it, and a kernel table of its own. */
export class Machine {
  readonly who: Who;
  /** In the servers' network. */
  readonly address: string;
  readonly #folder: string;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<string, (line: string) => void>();
  #commands = 0;
  #end = "";

  private constructor(who: Who, address: string, folder: string, child: ChildProcess) {
    this.who = who;
    this.address = address;
    this.#folder = folder;
    this.#child = child;
    if (!child.stdout || !child.stderr) throw new Error("a machine needs pipes");
    createInterface({ input: child.stdout }).on("line", (line) => {
      const [number = ""] = line.split(" ");
      this.#waiting.get(number)?.(line);
      this.#waiting.delete(number);
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#end += text;
    });
    child.on("close", () => {
      for (const answer of this.#waiting.values()) answer(`gone 255 ${this.#end}`);
      this.#waiting.clear();
    });
  }

  static async open(
    who: Who,
    namespace: Namespace,
    setting: {
      readonly address: string;
      readonly folder: string;
      readonly hosts: string;
      readonly mistake: Mistake | undefined;
    },
  ): Promise<Machine> {
    const { folder } = setting;
    mkdirSync(folder, { recursive: true });
    const program = (name: string, text: string): void =>
      writeFileSync(join(folder, name), text, { mode: 0o755 });
    writeFileSync(join(folder, "hosts"), `127.0.0.1 localhost\n${setting.hosts}`);
    program("sendmail", '#!/bin/sh\n{ echo "=== $*"; cat; } >>/srv/sendmail.calls\n');
    if (who === "ours") {
      const ours = setting.mistake ? brokenProgram(setting.mistake) : ourProgram;
      program("ldirectord", `#!/bin/sh\nexec ${process.execPath} ${ours} "$@"\n`);
    }
    if (isEmulated) program("ipvsadm", readFileSync(here("./inner/ipvsadm.pl"), "utf8"));
    const apart = ["--mount", "--pid", "--uts", "--fork", "--kill-child", "--mount-proc"];
    const child = spawnIn(namespace, "unshare", [...apart, "bash", here("./machine.sh"), folder], {
      stdio: ["pipe", "pipe", "pipe"],
    });
    const machine = new Machine(who, setting.address, folder, child);
    await machine.#answer("ready");
    return machine;
  }

  #answer(key: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`${this.who}: no answer to ${key}: ${this.#end}`)),
        5 * patienceMs,
      );
      this.#waiting.set(key, (line) => {
        clearTimeout(timer);
        resolve(line);
      });
    });
  }

  /** Runs shell text; what is started in the background goes on. */
  async run(command: string): Promise<Ran> {
    this.#commands += 1;
    const number = String(this.#commands);
    const file = (kind: string): string => join(this.#folder, `${kind}.${number}`);
    writeFileSync(file("command"), `${command}\n`);
    const answered = this.#answer(number);
    this.#child.stdin?.write(`${number}\n`);
    const code = Number((await answered).split(" ")[1]);
    const read = (kind: string): string => {
      try {
        return readFileSync(file(kind), "utf8");
      } catch {
        return "";
      }
    };
    return { code, stdout: read("out"), stderr: read("err") };
  }

  /** The path that a path of the machine has outside. */
  outside(path: string): string {
    const place = places.find(([inside]) => path.startsWith(inside));
    if (!place) throw new Error(`${path} is not the machine's own`);
    return join(this.#folder, place[1], path.slice(place[0].length));
  }

  write(path: string, text: string, mode = 0o644): void {
    const file = this.outside(path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, { mode });
  }

  read(path: string): string {
    const file = this.outside(path);
    return existsSync(file) ? readFileSync(file, "utf8") : "";
  }

  /** What stands in the folder's files of such names. */
  files(folder: string, name: RegExp): string[] {
    const outside = this.outside(folder);
    const names = readdirSync(outside).filter((it) => name.test(it));
    return names.map((it) => readFileSync(join(outside, it), "utf8"));
  }

  /** As ipvsadm tells it. */
  async table(): Promise<Table> {
    const { stdout } = await this.run("ipvsadm -Sn; echo; ipvsadm -L -n --thresholds");
    return parseTable(stdout);
  }

  /** With everything on it: the kernel ends its processes when the first one goes. */
  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const closed = new Promise((resolve) => this.#child.once("close", resolve));
    this.#child.kill("SIGKILL");
    await closed;
  }
}
