import { run } from "./command.ts";
import { ipIn, type Namespace, runIn, uniqueName } from "./namespace.ts";

/** One host, as its administrator would set it up. */
export interface HostPlan {
  /** Interface to the bridge it is plugged into, and its addresses with prefix length, and what `ip addr add` may take. */
  readonly links: Readonly<Record<string, readonly [bridge: string, ...addresses: string[]]>>;
  /** Addresses of `lo`. */
  readonly lo?: readonly string[];
  readonly sysctl?: Readonly<Record<string, string>>;
  /** Further lines for `ip`, once addresses are there. */
  readonly ip?: readonly string[];
  /** What comes to these addresses' ports is marked as it comes in, by `tc`: no firewall is needed for it. */
  readonly marks?: readonly Mark[];
  /** Rules of iptables' table, which not every kernel of the labs has (run.mjs). */
  readonly nat?: readonly string[];
  /** The machine itself, where its first process and all services live, instead of a namespace of its own. */
  readonly isMachine?: boolean;
}

export interface Mark {
  readonly device: string;
  /** IPv4. */
  readonly address: string;
  readonly ports: readonly number[];
  readonly mark: number;
}

function markLines({ device, address, ports, mark }: Mark): string[] {
  const filter = `filter add dev ${device} ingress protocol ip flower ip_proto tcp dst_ip ${address}`;
  return [
    `qdisc replace dev ${device} clsact`,
    ...ports.map((port) => `${filter} dst_port ${port} action skbedit mark ${mark}`),
  ];
}

/** The older iptables: a kernel may be built without tables of nft. */
export async function addRules(
  host: Namespace,
  program: "iptables" | "ip6tables",
  table: string,
  rules: readonly string[],
): Promise<void> {
  const text = `*${table}\n${rules.join("\n")}\nCOMMIT\n`;
  await runIn(host, `${program}-legacy-restore`, [], text);
}

async function setUp(host: Namespace, plan: HostPlan): Promise<void> {
  const sysctls = Object.entries(plan.sysctl ?? {}).map(([key, value]) => `${key}=${value}`);
  if (sysctls.length > 0) await runIn(host, "sysctl", ["-qw", ...sysctls]);
  const lines = ["link set lo up"];
  for (const [name, [, ...addresses]] of Object.entries(plan.links)) {
    lines.push(`link set ${name} up`, ...addresses.map((it) => addressLine(it, name)));
  }
  lines.push(...(plan.lo ?? []).map((it) => addressLine(it, "lo")), ...(plan.ip ?? []));
  await ipIn(host, lines);
  if (plan.marks)
    await runIn(host, "tc", ["-batch", "-"], plan.marks.flatMap(markLines).join("\n"));
  if (plan.nat) await addRules(host, "iptables", "nat", plan.nat);
}

/** Without duplicate address detection, which would hold an IPv6 address back for a second. */
function addressLine(address: string, device: string): string {
  const [prefix, ...options] = address.split(" ");
  const more = address.includes(":") ? [...options, "nodad"] : options;
  return `addr add ${[prefix, "dev", device, ...more].join(" ")}`;
}

/** Hosts on bridges, all in namespaces of their own; the bridges stand in one more. */
export class Network<Host extends string> {
  readonly #hosts: ReadonlyMap<string, Namespace>;
  readonly #switch: Namespace;
  /** By host and device: the switch's end of its cable. */
  readonly #ports = new Map<string, string>();

  private constructor(hosts: ReadonlyMap<string, Namespace>, bridges: Namespace) {
    this.#hosts = hosts;
    this.#switch = bridges;
  }

  static async open<Host extends string>(
    plan: Readonly<Record<Host, HostPlan>>,
  ): Promise<Network<Host>> {
    const plans = Object.entries<HostPlan>(plan);
    const bridges = { name: uniqueName("switch") };
    const hosts = new Map(plans.map(([host]) => [host, { name: uniqueName(host) }] as const));
    const network = new Network<Host>(hosts, bridges);
    try {
      const namespaces = [
        `netns add ${bridges.name}`,
        ...plans.map(([host, { isMachine }]) => {
          const name = hosts.get(host)?.name;
          return isMachine ? `netns attach ${name} 1` : `netns add ${name}`;
        }),
      ];
      await run("ip", ["-batch", "-"], namespaces.join("\n"));
      const lines: string[] = [];
      const known = new Set<string>();
      let port = 0;
      for (const [host, { links }] of plans) {
        for (const [device, [bridge]] of Object.entries(links)) {
          if (!known.has(bridge)) {
            lines.push(`link add ${bridge} type bridge`, `link set ${bridge} up`);
            known.add(bridge);
          }
          port += 1;
          network.#ports.set(`${host} ${device}`, `port${port}`);
          const end = `type veth peer name ${device} netns ${hosts.get(host)?.name}`;
          lines.push(`link add port${port} ${end}`, `link set port${port} master ${bridge} up`);
        }
      }
      await ipIn(bridges, lines);
      await Promise.all(plans.map(([host, it]) => setUp(network.host(host as Host), it)));
      return network;
    } catch (error) {
      await network.close();
      throw error;
    }
  }

  host(name: Host): Namespace {
    const found = this.#hosts.get(name);
    if (!found) throw new Error(`no host ${name} in this network`);
    return found;
  }

  /** At the switch's end: the host's card loses its carrier, or has it again. */
  async cable(host: Host, device: string, state: "out" | "in"): Promise<void> {
    const port = this.#ports.get(`${host} ${device}`);
    if (port === undefined) throw new Error(`no card ${device} in ${host}`);
    await ipIn(this.#switch, [`link set ${port} ${state === "in" ? "up" : "down"}`]);
  }

  /** Hosts that are cut from each other on a bridge see all others there, and not one another. */
  async cut(hosts: readonly Host[], device: string, state: "cut" | "joined"): Promise<void> {
    const lines = hosts.map((host) => {
      const port = this.#ports.get(`${host} ${device}`);
      if (port === undefined) throw new Error(`no card ${device} in ${host}`);
      return `link set ${port} type bridge_slave isolated ${state === "cut" ? "on" : "off"}`;
    });
    await ipIn(this.#switch, lines);
  }

  /** The processes inside must have ended. */
  async close(): Promise<void> {
    const names = [...this.#hosts.values(), this.#switch].map(({ name }) => `netns del ${name}`);
    await run("ip", ["-force", "-batch", "-"], names.join("\n")).catch(() => undefined);
  }
}
