import { RealServer } from "../real-server.ts";
import type { ClusterNode, Programs } from "./node.ts";
import { directorNames, type Pair } from "./pair.ts";
import { type TrafficSetting, usualTraffic } from "./traffic.ts";

/** Our package, unpacked, where the tests run on the host's own kernel, which has no IPVS: see at-speed.sh. */
const tree = process.env["CLUSTER_AT_SPEED"];
export const isAtSpeed = tree !== undefined;
export const programsAtPace: Programs = isAtSpeed ? "installed" : "built";

/** Where a keepalived that has a table tells of every change, all of which it may make. */
export const fakeTable = "/run/fake-table";
/** Its environment for that, as words of env(1). */
export const fakeIpvs: readonly string[] = isAtSpeed
  ? [`LD_PRELOAD=${tree}/fake-ipvs.so`, `FAKE_IPVS=${fakeTable}`]
  : [];

/** Without IPVS there is no connection to keep. */
export const trafficAtPace = (vip: string): TrafficSetting => ({
  ...usualTraffic(vip),
  ...(isAtSpeed && { connections: 0 }),
});

/** Once its files are there: our package is not installed on the host, and the table forwards nothing. */
export async function speedUp(node: ClusterNode): Promise<void> {
  if (tree === undefined) return;
  for (const folder of ["/usr", "/etc/ha.d/resource.d"]) {
    await node.run("cp", "-a", `${tree}${folder}/.`, `${folder}/`);
  }
  await node.copy(`${tree}/bin/ipvsadm`, "/usr/sbin/ipvsadm", 0o755);
  await node.run("mkdir", "-p", "/run/ldirectord", "/var/lib/ldirectord");
  const file = "/etc/ha.d/ldirectord-ng.ini";
  const ini = await node.read(file).catch(() => "");
  await node.write(
    file,
    `${ini.replace(/^\[sync\]\n(.+\n)*/m, "")}\n[table]\nbackend = embedded\n`,
  );
}

/** Another word in a file of the example. */
export async function edit(
  node: ClusterNode,
  file: string,
  from: string | RegExp,
  to: string,
): Promise<void> {
  const text = await node.read(file);
  const edited = text.replace(from, to);
  if (edited === text) throw new Error(`${file} has no ${from}`);
  await node.write(file, edited);
}

/** A real server that shares its processor with all hosts is slow, and not down. */
export const checkPatiently = (node: ClusterNode): Promise<void> =>
  edit(node, "/etc/ha.d/ldirectord.cf", /^checktimeout=.*/m, "checktimeout=20");

/**
 * Whoever has the address answers, until we end. It stands for what a kernel forwards, which waits for no program; an
 * address that goes while it waits for a processor would take requests along that IPVS has passed on.
 */
export async function answerThere(pair: Pair): Promise<void> {
  if (!isAtSpeed) return;
  for (const name of directorNames) {
    const { namespace } = pair.directors[name];
    await RealServer.start(namespace, { ports: [80], name, isFirst: true });
  }
}
