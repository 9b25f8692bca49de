import { fileURLToPath } from "node:url";
import { example } from "../director.ts";
import { runIn } from "../namespace.ts";
import { pause, until } from "../until.ts";
import type { ClusterNode, NodeProgram } from "./node.ts";
import { fakeIpvs, fakeTable, isAtSpeed, speedUp } from "./pace.ts";
import { directorNames, type Pair } from "./pair.ts";
import { putFiles } from "./put-files.ts";
import type { Recipe } from "./recipe.ts";
import { type DirectorName, pairVips } from "./topologies.ts";

type Mode = "dr" | "nat";

/** RestartSec of packaging/files/ldirectord.service. */
const restartMs = 2000;

const top = new URL("../../../", import.meta.url);
const fileOf = (path: string): string => fileURLToPath(new URL(path, top));

/** The shell reader of the file of health. */
export const installReader = (node: ClusterNode): Promise<void> =>
  node.copy(fileOf("packaging/files/ldirectord-health"), "/usr/sbin/ldirectord-health", 0o755);

/** Debian's service, in the foreground. */
const startKeepalived = (node: ClusterNode): NodeProgram => {
  const options = ["--dont-fork", "--log-console", "-c", "/run/checkers.pid"];
  return node.spawn("env", ...fakeIpvs, "keepalived", ...options);
};

/** The settings in the example's file hold; the kernel has some of them for each network namespace. */
const setKernel = (node: ClusterNode, mode: Mode): Promise<string> =>
  runIn(node.namespace, "sysctl", [
    isAtSpeed ? "-qep" : "-qp",
    example(`ha/keepalived/${mode}/etc/sysctl.d/60-ldirectord.conf`),
  ]);

/** What both recipes have in common: who has the addresses. */
abstract class WithKeepalived implements Recipe {
  abstract readonly name: string;
  protected readonly keepalived = new Map<DirectorName, NodeProgram>();

  protected readonly lab: Pair;
  protected readonly mode: Mode;

  constructor(lab: Pair, mode: Mode) {
    this.lab = lab;
    this.mode = mode;
  }

  async start(first: DirectorName): Promise<void> {
    const second = otherThan(first);
    await Promise.all(directorNames.map((name) => this.prepare(name)));
    await this.startKeepalived(first);
    for (const vip of pairVips) await this.lab.directors[first].untilAddress(vip);
    await this.startKeepalived(second);
    await Promise.all(directorNames.map((name) => this.untilReady(name)));
    await this.untilSynced(first, "master");
    await this.untilSynced(second, "backup");
  }

  /** All but keepalived. */
  protected abstract prepare(director: DirectorName): Promise<void>;

  protected abstract untilReady(director: DirectorName): Promise<unknown>;

  abstract stop(director: DirectorName): Promise<void>;

  abstract killChecks(director: DirectorName): Promise<void>;

  async startKeepalived(director: DirectorName): Promise<void> {
    const program = startKeepalived(this.lab.directors[director]);
    this.keepalived.set(director, program);
    const look = async () => program.log;
    await until(look, (log) => /Entering (BACKUP|MASTER) STATE/.test(log), "keepalived has begun");
  }

  /** It takes the addresses away first, and tells the other. */
  async stopKeepalived(director: DirectorName): Promise<void> {
    await this.keepalived.get(director)?.end("SIGTERM");
  }

  /** @param rows of the table: two services, each with its servers */
  async untilRows(director: DirectorName, rows: number): Promise<void> {
    if (isAtSpeed) return;
    await until(
      () => this.savedTable(director),
      ({ length }) => length === rows,
      `${director} has ${rows} rows`,
    );
  }

  /** As `ipvsadm-save -n` has it, whatever the order. */
  async savedTable(director: DirectorName): Promise<readonly string[]> {
    const text = await runIn(this.lab.directors[director].namespace, "ipvsadm", ["-S", "-n"]);
    return text
      .split("\n")
      .filter((line) => line !== "")
      .sort();
  }

  /** @param holders of the first address, and of the second */
  async untilHolders(...holders: readonly (readonly DirectorName[])[]): Promise<void> {
    await until(
      () => Promise.all(pairVips.map((vip) => this.lab.holders(vip))),
      (now) => JSON.stringify(now) === JSON.stringify(holders),
      `the addresses are with ${JSON.stringify(holders)}`,
    );
  }

  async untilSynced(director: DirectorName, state: "master" | "backup"): Promise<void> {
    if (isAtSpeed) return;
    const { namespace } = this.lab.directors[director];
    const look = () => runIn(namespace, "ipvsadm", ["-l", "--daemon"]);
    await until(look, (text) => text.includes(state), `the sync daemon of ${director}: ${state}`);
  }

  report(): string {
    return directorNames
      .map((name) => `${name}'s keepalived:\n${tail(this.keepalived.get(name)?.log)}`)
      .join("\n");
  }
}

/** keepalived with checks of its own. */
export class KeepalivedAlone extends WithKeepalived {
  readonly name = "keepalived alone";

  protected async prepare(director: DirectorName): Promise<void> {
    const node = this.lab.directors[director];
    const conf = fileOf(`test/lab/ha/keepalived-alone/${this.mode}.conf`);
    await node.copy(conf, "/etc/keepalived/keepalived.conf");
    await setKernel(node, this.mode);
  }

  protected async untilReady(director: DirectorName): Promise<void> {
    if (!isAtSpeed) return this.untilRows(director, 6);
    const table = () => this.lab.directors[director].read(fakeTable).catch(() => "");
    await until(table, (text) => text.includes(" add "), `keepalived on ${director} has a table`);
  }

  stop(director: DirectorName): Promise<void> {
    return this.stopKeepalived(director);
  }

  /** Its parent starts them again. */
  async killChecks(director: DirectorName): Promise<void> {
    await this.lab.directors[director].run("sh", "-c", "kill -9 $(cat /run/checkers.pid)");
  }
}

/** Recipe a: examples/ha/keepalived. */
export class KeepalivedAndOurs extends WithKeepalived {
  readonly name = "keepalived and ldirectord-ng";
  readonly #daemons = new Map<DirectorName, NodeProgram>();

  /** A file of the example, by its place on a director. */
  fileOf(path: string): string {
    return example(`ha/keepalived/${this.mode}${path}`);
  }

  protected async prepare(director: DirectorName): Promise<void> {
    const node = this.lab.directors[director];
    await putFiles(node, example(`ha/keepalived/${this.mode}`));
    await installReader(node);
    await speedUp(node);
    await node.write("/usr/sbin/sendmail", "#!/bin/sh\nexec cat >>/var/log/mails\n", 0o755);
    await node.write("/var/log/mails", "");
    await setKernel(node, this.mode);
    this.startDaemon(director);
    await this.untilRows(director, 6);
  }

  /** After a stop: the other one is active. */
  async startAgain(director: DirectorName): Promise<void> {
    this.startDaemon(director);
    await this.untilRows(director, 6);
    await this.startKeepalived(director);
    await this.untilReady(director);
    await this.untilSynced(director, "backup");
  }

  startDaemon(director: DirectorName): void {
    const args = ["-d", "/etc/ha.d/ldirectord.cf", "start"];
    this.#daemons.set(
      director,
      this.lab.directors[director].spawn("/usr/sbin/ldirectord", ...args),
    );
  }

  /** Its word is there, and keepalived has taken it up. */
  protected untilReady(director: DirectorName): Promise<unknown> {
    const look = async () => this.keepalived.get(director)?.log ?? "";
    return until(
      look,
      (log) => /VRRP_Script\(usable\w*\) succeeded/.test(log),
      `keepalived on ${director} has the word`,
    );
  }

  async stop(director: DirectorName): Promise<void> {
    await this.stopKeepalived(director);
    await this.#daemons.get(director)?.end("SIGTERM");
  }

  /** Then as systemd does by our unit. */
  async killChecks(director: DirectorName): Promise<void> {
    await this.#daemons.get(director)?.end("SIGKILL");
    await pause(restartMs);
    this.startDaemon(director);
  }

  /** The alerts that were sent there. */
  async mails(director: DirectorName): Promise<readonly string[]> {
    const text = await this.lab.directors[director].read("/var/log/mails");
    return [...text.matchAll(/^Subject: (.*)$/gm)].map(([, subject = ""]) => subject);
  }

  override report(): string {
    const logs = directorNames.map(
      (name) => `${name}'s ldirectord:\n${tail(this.#daemons.get(name)?.log)}`,
    );
    return [super.report(), ...logs].join("\n");
  }
}

export const otherThan = (director: DirectorName): DirectorName =>
  director === "director1" ? "director2" : "director1";

const tail = (log = ""): string => log.split("\n").slice(-40).join("\n");
