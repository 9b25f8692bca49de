import { release } from "node:os";
import { err, ok } from "../../model/result.ts";
import type { Link, Modules } from "../facts.ts";
import { linkSysctl, sysctlPath } from "../sysctl.ts";
import { readText } from "./read.ts";

const isOurs = (name: string): boolean => /^ip_vs(_|$)/.test(name);

export async function readModules(): Promise<Modules> {
  const folder = `/lib/modules/${release()}`;
  const [loaded = "", index, builtIn = "", table] = await Promise.all([
    readText("/proc/modules"),
    readText(`${folder}/modules.dep`),
    readText(`${folder}/modules.builtin`),
    readText("/proc/net/ip_vs"),
  ]);
  const inKernel = moduleNames(builtIn, /^(?:.*\/)?([^/]+)\.ko/);
  const present = new Set([...moduleNames(loaded, /^(\S+) /), ...inKernel]);
  if (table !== undefined) present.add("ip_vs");
  const loadable =
    index === undefined
      ? err(`there is no ${folder}/modules.dep`)
      : ok(new Set([...moduleNames(index, /^(?:.*\/)?([^/:]+)\.ko[^:]*:/), ...inKernel]));
  return { present, loadable };
}

/** As modprobe takes them: with underscores. */
const moduleNames = (text: string, line: RegExp): string[] =>
  text
    .split("\n")
    .map((each) => (line.exec(each)?.[1] ?? "").replaceAll("-", "_"))
    .filter(isOurs);

const general = [
  "net.ipv4.ip_forward",
  "net.ipv6.conf.all.forwarding",
  "net.ipv4.vs.conntrack",
  "net.ipv4.vs.expire_nodest_conn",
  "net.ipv4.vs.expire_quiescent_template",
  "net.ipv4.vs.conn_reuse_mode",
  "net.ipv4.vs.sync_threshold",
  "net.ipv4.vs.sync_refresh_period",
];
const ofLinks = ["forwarding", "arp_ignore", "arp_announce", "rp_filter"];

/** Those that there are. */
export async function readSysctls(links: readonly Link[]): Promise<ReadonlyMap<string, string>> {
  const names = [
    ...general,
    ...["all", ...links.map(({ name }) => name)].flatMap((link) =>
      ofLinks.map((name) => linkSysctl("ipv4", link, name)),
    ),
  ];
  const found = new Map<string, string>();
  for (const name of names) {
    const text = await readText(`/proc/sys/${sysctlPath(name)}`);
    if (text !== undefined) found.set(name, text.trim());
  }
  return found;
}
