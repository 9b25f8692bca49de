import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { example } from "../../lab/director.ts";
import type { ClusterNode } from "../../lab/ha/node.ts";
import { answerThere, checkPatiently, edit, isAtSpeed, speedUp } from "../../lab/ha/pace.ts";
import { directorNames, Pair } from "../../lab/ha/pair.ts";
import { putFiles } from "../../lab/ha/put-files.ts";
import {
  type DirectorName,
  type PairTopology,
  pairByDirectRouting,
  pairByTranslation,
} from "../../lab/ha/topologies.ts";
import { readTable, type Table } from "../../lab/ipvsadm.ts";
import type { HostPlan } from "../../lab/network.ts";
import { until } from "../../lab/until.ts";
import { attempt, sceneMs } from "./attempt.ts";
import { PowerSwitch } from "./power-switch.ts";

export type Way = "direct-routing" | "translation";
const recipe = example("ha/pacemaker");
const fenceAgent = fileURLToPath(new URL("./machine/fence-dummy.sh", import.meta.url));

/** This machine, beside the directors: where their power comes from. */
const power: HostPlan = {
  links: { eth0: ["lan", "192.168.10.251/24", "192.168.10.252/24"] },
  isMachine: true,
};

/** Two directors with Corosync and Pacemaker, as examples/ha/pacemaker has them. */
export class PairCluster {
  readonly pair: Pair;
  readonly #power: PowerSwitch<DirectorName>;
  readonly #way: Way;
  #key = Buffer.alloc(0);

  private constructor(way: Way, pair: Pair, powerSwitch: PowerSwitch<DirectorName>) {
    this.#way = way;
    this.pair = pair;
    this.#power = powerSwitch;
  }

  static async open(way: Way): Promise<PairCluster> {
    const plan = way === "translation" ? pairByTranslation() : pairByDirectRouting();
    const withPower: PairTopology<"power"> = { ...plan, power };
    const pair = await Pair.open(withPower, [80], "installed");
    await answerThere(pair);
    const boards = { "192.168.10.251": "director1", "192.168.10.252": "director2" } as const;
    const powerSwitch = await PowerSwitch.open<DirectorName>(boards, async (name) => {
      await pair.cables(name, "out");
      await pair.directors[name].killAll();
    });
    return new PairCluster(way, pair, powerSwitch);
  }

  /** From two hosts that have just booted to a cluster that has nothing left to do. */
  async start(): Promise<void> {
    const { director1, director2 } = this.pair.directors;
    await director1.run("corosync-keygen", "-l", "-k", "/run/authkey");
    this.#key = await readFile(director1.path("/run/authkey"));
    for (const node of [director1, director2]) await this.#startNode(node);
    await untilMonitor(director1, /Online: \[ director1 director2 \]/);
    if (!isAtSpeed) await load(director1, patience);
    for (const file of [join(recipe, "fencing.crm"), join(recipe, this.#way, "cluster.crm")]) {
      const text = await readFile(file, "utf8");
      await load(director1, isAtSpeed ? text : patient(text));
    }
    await this.settled(director1);
  }

  /** Its files, and what systemd starts at boot. */
  async #startNode(node: ClusterNode): Promise<void> {
    await node.write("/etc/corosync/authkey", this.#key, 0o400);
    await node.copy(fenceAgent, "/usr/sbin/fence_ipmilan", 0o755);
    await putFiles(node, join(recipe, "director"));
    await putFiles(node, join(recipe, this.#way));
    if (isAtSpeed) await speedUp(node);
    else await slowDown(node);
    await node.shell("sysctl -q -p /etc/sysctl.d/60-*.conf");
    // One processor for all hosts: a director's own is not to be busy with what clients and real servers do.
    node.spawn("nice", "-n", "-15", "corosync", "-f");
    await until(
      () => node.shell("corosync-quorumtool -s"),
      ({ out }) => out.includes("Node ID"),
      `${node.name} has Corosync`,
    );
    node.spawn("nice", "-n", "-15", "pacemakerd", "-f");
  }

  isOff(name: DirectorName): boolean {
    return this.#power.isOff(name);
  }

  /** Switched on, its cables in their places: it boots, and joins the other. */
  async boot(name: DirectorName): Promise<void> {
    const other = this.pair.directors[name === "director1" ? "director2" : "director1"];
    const node = this.pair.directors[name];
    this.#power.switchOn(name);
    await this.pair.rebootNode(name);
    await this.#startNode(node);
    await untilMonitor(other, /Online: \[ director1 director2 \]/);
    await this.settled(other);
  }

  /** Until the cluster has nothing left to do. */
  async idle(node = this.pair.directors.director1): Promise<void> {
    await until(
      () => node.shell("crm_resource --wait --timeout=100s"),
      ({ code }) => code === 0,
      "the cluster has nothing left to do",
      sceneMs,
    );
  }

  /** The same, and both have their tables. */
  async settled(node: ClusterNode): Promise<void> {
    await this.idle(node);
    if (isAtSpeed) return;
    const tables = () =>
      Promise.all(directorNames.map((name) => readTable(this.pair.directors[name].namespace)));
    const isFull = (table: Table) =>
      Object.values(table).some(({ servers }) => Object.keys(servers).length === 2);
    await until(tables, (all) => all.every(isFull), "both directors have their tables", sceneMs);
  }

  /** For when a test fails. */
  async report(): Promise<string> {
    const nodes = directorNames
      .map((name) => this.pair.directors[name])
      .filter((node) => node.isRunning);
    const script = `tail -n 30 /var/log/corosync/corosync.log
      grep -E "log_execute|log_finished|fenced|addresses|WARN|ERROR" /var/log/pacemaker/pacemaker.log | tail -n 60`;
    const parts = await Promise.all(
      nodes.map(async (node) =>
        [node.name, await monitor(node), (await node.shell(script)).out].join("\n"),
      ),
    );
    return parts.join("\n");
  }

  async close(): Promise<void> {
    await this.#power.close();
    await this.pair.close();
    // This machine's end of its cable, which the kernel takes back in its own time.
    await attempt("ip", "link", "del", "eth0");
  }
}

/** One processor for all hosts, and programs that start slowly: a director may say nothing for longer than on a site. */
async function slowDown(node: ClusterNode): Promise<void> {
  await edit(node, "/etc/corosync/corosync.conf", "token: 500", "token: 3000");
  await checkPatiently(node);
}

/** Operations likewise: what the example allows is enough for a site, and `ldirectord start` alone takes a minute here. */
const patience = "op_defaults timeout=600s\nproperty stonith-timeout=600s\n";
const patient = (crm: string): string =>
  crm
    .replaceAll(/timeout=\d+s/g, "timeout=600s")
    .replace(/priority-fencing-delay=\d+s/, "priority-fencing-delay=120s");

async function load(node: ClusterNode, crm: string): Promise<void> {
  await node.write("/root/load.crm", crm);
  await node.run("crm", "configure", "load", "update", "/root/load.crm");
}

/** What `crm_mon` shows. */
export const monitor = async (node: ClusterNode): Promise<string> =>
  (await node.shell("crm_mon -1 -r -n -A")).out;

const untilMonitor = async (node: ClusterNode, wanted: RegExp): Promise<void> => {
  await until(
    () => node.shell("crm_mon -1"),
    ({ out }) => wanted.test(out),
    `crm_mon of ${node.name} shows ${wanted}`,
    sceneMs,
    500,
  );
};
