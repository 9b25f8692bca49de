import { join } from "node:path";
import { example } from "../../lab/director.ts";
import type { ClusterNode } from "../../lab/ha/node.ts";
import { answerThere, checkPatiently, edit, isAtSpeed, speedUp } from "../../lab/ha/pace.ts";
import { directorNames, Pair } from "../../lab/ha/pair.ts";
import { putFiles } from "../../lab/ha/put-files.ts";
import {
  type DirectorName,
  pairByDirectRouting,
  pairByTranslation,
  pairVips,
} from "../../lab/ha/topologies.ts";
import { readTable, type Table } from "../../lab/ipvsadm.ts";
import { until } from "../../lab/until.ts";
import { sceneMs } from "./attempt.ts";

const [vip] = pairVips;
const recipe = example("ha/resource.d");

/** Folders of the recipe, the later over the earlier. */
const variants = {
  "direct routing": ["director", "warm", "direct-routing"],
  translation: ["director", "warm", "translation"],
  "as ever": ["director", "direct-routing", "as-ever"],
} as const;
export type Variant = keyof typeof variants;

interface Seen {
  readonly holders: readonly DirectorName[];
  readonly tables: readonly Table[];
  /** What each says of the other. */
  readonly knows: readonly string[];
}
const calmMs = isAtSpeed ? 10_000 : 40_000;

/** Two directors with heartbeat, as examples/ha/resource.d has them. */
export class HeartbeatCluster {
  readonly pair: Pair;
  readonly #variant: Variant;

  private constructor(variant: Variant, pair: Pair) {
    this.#variant = variant;
    this.pair = pair;
  }

  static async open(variant: Variant): Promise<HeartbeatCluster> {
    const plan = variant === "translation" ? pairByTranslation() : pairByDirectRouting();
    const pair = await Pair.open(plan, [80], "installed");
    await answerThere(pair);
    return new HeartbeatCluster(variant, pair);
  }

  get isWarm(): boolean {
    return this.#variant !== "as ever";
  }

  /** From two hosts that have just booted, to one of them having the address. */
  async start(): Promise<DirectorName> {
    await Promise.all(directorNames.map((name) => this.#startNode(this.pair.directors[name])));
    return this.settled();
  }

  async #startNode(node: ClusterNode): Promise<void> {
    for (const folder of variants[this.#variant]) await putFiles(node, join(recipe, folder));
    if (isAtSpeed) await speedUp(node);
    else await slowDown(node);
    await node.run("chmod", "600", "/etc/ha.d/authkeys");
    await node.shell("systemd-tmpfiles --create --prefix=/run");
    await node.shell("sysctl -q -p /etc/sysctl.d/60-*.conf");
    if (this.isWarm) await node.run("nice", "-n", "-15", "/usr/sbin/ldirectord", "start");
    else await node.run("/etc/init.d/ipvsadm", "start");
    // One processor for all hosts: a director's own is not to be busy with what clients and real servers do.
    node.spawn("nice", "-n", "-15", "/usr/libexec/heartbeat/heartbeat", "-f");
  }

  async boot(name: DirectorName): Promise<void> {
    await this.pair.rebootNode(name);
    await this.#startNode(this.pair.directors[name]);
  }

  /**
   * Until one has the address and a table, the other no address, and both know each other, and that for a while: after a
   * split, one of them gives the address up first and then begins anew.
   * @returns who has it
   */
  async settled(): Promise<DirectorName> {
    let since = performance.now();
    const { holders } = await until(
      () => this.#look(),
      (seen) => {
        if (!this.#isCalm(seen)) since = performance.now();
        return performance.now() - since > calmMs;
      },
      "one director has the address",
      sceneMs,
      500,
    );
    const [holder] = holders;
    if (holder === undefined) throw new Error("nobody has the address");
    return holder;
  }

  async #look(): Promise<Seen> {
    const nodes = directorNames.map((name) => this.pair.directors[name]);
    const [holders, tables, knows] = await Promise.all([
      this.pair.holders(vip),
      Promise.all(nodes.map(({ namespace }) => readTable(namespace))),
      Promise.all(
        nodes.map((node, i) => node.shell(`cl_status nodestatus ${directorNames[1 - i]}`)),
      ),
    ]);
    return { holders, tables, knows: knows.map(({ out }) => out.trim()) };
  }

  #isCalm({ holders, tables, knows }: Seen): boolean {
    const full = tables.filter((table) =>
      Object.values(table).some(({ servers }) => Object.keys(servers).length === 2),
    );
    return (
      holders.length === 1 &&
      (isAtSpeed || full.length === (this.isWarm ? 2 : 1)) &&
      knows.every((state) => state === "active")
    );
  }

  /** For when a test fails. */
  async report(): Promise<string> {
    const nodes = directorNames
      .map((name) => this.pair.directors[name])
      .filter((node) => node.isRunning);
    const script =
      "tail -n 60 /var/log/ha-log; ip -br addr; cl_status rscstatus; ipvsadm -Ln; ipvsadm -l --daemon";
    const parts = await Promise.all(
      nodes.map(async (node) => [node.name, (await node.shell(script)).out].join("\n")),
    );
    return parts.join("\n");
  }

  close(): Promise<void> {
    return this.pair.close();
  }
}

/** One processor for all hosts: a director may say nothing for longer than on a site, and needs longer to begin. */
async function slowDown(node: ClusterNode): Promise<void> {
  const slower = { keepalive: 1, warntime: 5, deadtime: 10, initdead: 60, deadping: 10 };
  for (const [word, seconds] of Object.entries(slower)) {
    await edit(node, "/etc/ha.d/ha.cf", new RegExp(`^${word} .*`, "m"), `${word} ${seconds}`);
  }
  await checkPatiently(node);
}
