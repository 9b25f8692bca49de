import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { example, ourProgram } from "../director.ts";
import { type Namespace, runIn } from "../namespace.ts";
import { addRules, type HostPlan, Network } from "../network.ts";
import { until } from "../until.ts";
import { installReader } from "./keepalived.ts";
import { ClusterNode, type NodeProgram } from "./node.ts";
import { PageServer } from "./page-server.ts";
import { putFiles } from "./put-files.ts";
import { TrafficSource } from "./traffic.ts";

/** Of the example. */
export const VIP = "192.168.10.101";
const files = example("ha/ecmp");
const configuration = "/etc/ha.d/ldirectord.cf";
const routerAddress = "10.0.0.1";
const addressOf = (number: number): string => `10.0.0.${10 + number}`;
const numbers = [1, 2, 3] as const;
const gateway = { ip: [`route add default via ${routerAddress}`] };

const clientAddresses = Array.from({ length: 30 }, (_, i) => `172.16.1.${100 + i}`);

type DirectorName = `director${(typeof numbers)[number]}`;
type ServerName = `rs${(typeof numbers)[number]}`;
type Host = "client" | "router" | DirectorName | ServerName;

/** Lines of a file of sysctl.d. */
function sysctls(text: string): Record<string, string> {
  const settings = text.split("\n").filter((line) => /^\w/.test(line));
  return Object.fromEntries(settings.map((line) => line.split(" = ") as [string, string]));
}

/** A client, a router, and behind it on one bridge three directors and three real servers, which answer by the router. */
async function topology(): Promise<Readonly<Record<Host, HostPlan>>> {
  const settings = async (file: string) => sysctls(await readFile(join(files, file), "utf8"));
  const ofDirector = await settings("director/etc/sysctl.d/60-ecmp-director.conf");
  const ofServer = await settings("real-server/etc/sysctl.d/60-direct-routing.conf");
  const director = (number: number): HostPlan => ({
    links: { eth0: ["lan", `${addressOf(number)}/24`] },
    sysctl: ofDirector,
    ...gateway,
  });
  const server = (number: number): HostPlan => ({
    links: { eth0: ["lan", `10.0.0.${200 + number}/24`] },
    lo: [`${VIP}/32`],
    sysctl: ofServer,
    ...gateway,
  });
  return {
    client: {
      links: { eth0: ["outside", ...clientAddresses.map((it) => `${it}/24`)] },
      ip: ["route add default via 172.16.1.1"],
    },
    router: {
      links: { eth0: ["outside", "172.16.1.1/24"], eth1: ["lan", `${routerAddress}/24`] },
      sysctl: await settings("router/etc/sysctl.d/60-ecmp-router.conf"),
    },
    director1: director(1),
    director2: director(2),
    director3: director(3),
    rs1: server(1),
    rs2: server(2),
    rs3: server(3),
  };
}

/** The files of the example, and the folders that its packages bring. */
async function furnish(node: ClusterNode, folder: "director" | "router"): Promise<void> {
  await putFiles(node, join(files, folder));
  await node.run("mkdir", "-p", "/run/bird", "/run/ldirectord", "/var/lib/ldirectord");
}

const bird = (node: ClusterNode): NodeProgram => node.spawn("bird", "-f");

type Part = "ldirectord" | "announce-vip" | "bird";

/** One of the directors behind the router: the daemon, bird, and the script between the two. */
export class EcmpDirector {
  readonly name: DirectorName;
  readonly address: string;
  readonly node: ClusterNode;
  readonly #network: Network<Host>;
  readonly #programs = new Map<Part, NodeProgram>();

  constructor(number: (typeof numbers)[number], node: ClusterNode, network: Network<Host>) {
    this.name = `director${number}`;
    this.address = addressOf(number);
    this.node = node;
    this.#network = network;
  }

  async prepare(): Promise<void> {
    await furnish(this.node, "director");
    await installReader(this.node);
  }

  /** Changes a file of the example, of which the text has to be a part. */
  async edit(file: string, from: string, to: string): Promise<void> {
    const text = await this.node.read(file);
    if (!text.includes(from)) throw new Error(`${file} has no ${from}`);
    await writeFile(this.node.path(file), text.replace(from, to));
  }

  /** @param to lines of the file in the place of the example's scheduler */
  async reschedule(to: string): Promise<void> {
    await this.edit(configuration, "\tscheduler=mh\n\tschedflags=mh-port,mh-fallback\n", to);
    await this.signal("ldirectord", "SIGHUP");
    await until(
      () => this.#table(),
      (table) => !table.includes(" mh "),
      `${this.name} has another scheduler`,
    );
  }

  /** What a boot starts; what runs already is left alone. */
  start(): void {
    const run = (part: Part, ...words: readonly [string, ...string[]]) => {
      if (this.#programs.get(part)?.isRunning) return;
      this.#programs.set(part, this.node.spawn(...words));
    };
    run("ldirectord", process.execPath, ourProgram, "-d", configuration, "start");
    run("bird", "bird", "-f");
    run("announce-vip", "announce-vip", VIP, `${VIP}:80`);
  }

  program(part: Part): NodeProgram {
    const found = this.#programs.get(part);
    if (!found) throw new Error(`${this.name}: no ${part} was started`);
    return found;
  }

  async signal(part: Part, signal: NodeJS.Signals): Promise<void> {
    await this.program(part).signal(signal);
  }

  /** As `systemctl stop ldirectord` does, with the example's unit files. */
  async leave(): Promise<void> {
    await this.program("announce-vip").end("SIGTERM");
    await this.program("ldirectord").end("SIGTERM");
  }

  /** All of its processes; its part of the kernel goes on. */
  async killAll(): Promise<void> {
    await this.node.signalAll("KILL");
    await Promise.all([...this.#programs.values()].map((program) => program.ended()));
  }

  /** Hears nothing of these real servers, and of all others again; what it forwards reaches them all. */
  async blindTo(...servers: readonly number[]): Promise<void> {
    const rules = servers.map((number) => `-A INPUT -s 10.0.0.${200 + number} -j DROP`);
    await addRules(this.node.namespace, "iptables", "mangle", rules);
  }

  cable(state: "out" | "in"): Promise<void> {
    return this.#network.cable(this.name, "eth0", state);
  }

  /** Until these real servers have weight 1 in its table, and the others have none. */
  async untilServers(...servers: readonly number[]): Promise<void> {
    const look = async () =>
      [...(await this.#table()).matchAll(/ 10\.0\.0\.20(\d):80 +Route +1 /g)]
        .map(([, number]) => Number(number))
        .sort();
    const isSo = (now: readonly number[]) => now.join(" ") === servers.join(" ");
    await until(look, isSo, `${this.name} has real servers ${servers.join(" ")}`);
  }

  #table(): Promise<string> {
    return runIn(this.node.namespace, "ipvsadm", ["-Ln"]);
  }

  /** The ports of that client whose connections stand here, each with its real server. */
  async connections(client: string): Promise<ReadonlyMap<number, string>> {
    const lines = (await runIn(this.node.namespace, "ipvsadm", ["-Lnc"])).split("\n");
    return new Map(
      lines.flatMap((line) => {
        const [, from, port, server] =
          /ESTABLISHED\s+([\d.]+):(\d+)\s+\S+\s+(\S+)/.exec(line) ?? [];
        return from === client ? [[Number(port), `${server}`] as const] : [];
      }),
    );
  }

  get log(): string {
    const parts = [...this.#programs].map(([part, { log }]) => `--- ${part}\n${tail(log)}`);
    return `===== ${this.name}\n${parts.join("\n")}`;
  }
}

const tail = (log: string): string => log.split("\n").slice(-25).join("\n");

/** Three directors that are all active, before them a router that shares among those that announce the address. */
export class EcmpSite {
  readonly #network: Network<Host>;
  readonly router: ClusterNode;
  readonly directors: readonly [EcmpDirector, EcmpDirector, EcmpDirector];
  readonly servers: readonly PageServer[];
  readonly traffic: TrafficSource;
  readonly #routerProgram: NodeProgram;
  #clients = 0;

  private constructor(
    network: Network<Host>,
    router: ClusterNode,
    nodes: readonly ClusterNode[],
    servers: readonly PageServer[],
    traffic: TrafficSource,
  ) {
    this.#network = network;
    this.router = router;
    const director = (number: (typeof numbers)[number]): EcmpDirector => {
      const node = nodes[number - 1];
      if (!node) throw new Error("a node for each director");
      return new EcmpDirector(number, node, network);
    };
    this.directors = [director(1), director(2), director(3)];
    this.servers = servers;
    this.traffic = traffic;
    this.#routerProgram = bird(router);
  }

  /** With the router's bird running; nothing runs on the directors. */
  static async open(): Promise<EcmpSite> {
    const network = await Network.open<Host>(await topology());
    const node = (name: "router" | DirectorName) => ClusterNode.start(network.host(name), name);
    const [router, traffic, nodes, servers] = await Promise.all([
      node("router"),
      TrafficSource.start(network.host("client")),
      Promise.all(numbers.map((number) => node(`director${number}`))),
      Promise.all([
        ...numbers.map((it) => PageServer.start(network.host(`rs${it}`), 200, `This is rs${it}`)),
        // The fallback: of every director.
        ...numbers.map((it) => PageServer.start(network.host(`director${it}`), 503, "sorry")),
      ]),
    ]);
    await furnish(router, "router");
    return new EcmpSite(network, router, nodes, servers, traffic);
  }

  get clientHost(): Namespace {
    return this.#network.host("client");
  }

  /** A client's address that nobody has used yet: IPVS remembers the ports of a client for two minutes, and a new one has none. */
  newClient(): string {
    const address = clientAddresses[this.#clients];
    if (address === undefined) throw new Error("there are no more clients");
    this.#clients += 1;
    return address;
  }

  /** Where the router sends packets for the address: directors, or nobody. */
  async hops(): Promise<readonly DirectorName[]> {
    const text = await this.router.run("ip", "-json", "route", "show", VIP);
    const [route] = JSON.parse(text) as {
      gateway?: string;
      nexthops?: readonly { gateway: string }[];
    }[];
    const gateways = route?.nexthops?.map((hop) => hop.gateway) ?? [route?.gateway];
    const isHop = ({ address }: EcmpDirector) => gateways.includes(address);
    return this.directors.filter(isHop).map(({ name }) => name);
  }

  /** @returns when it was so, by performance.now() */
  async untilHops(wanted: readonly EcmpDirector[]): Promise<number> {
    const names = wanted.map(({ name }) => name).join(" ");
    const isSo = (hops: readonly DirectorName[]) => hops.join(" ") === names;
    await until(() => this.hops(), isSo, `the router's way is ${names || "none"}`);
    return performance.now();
  }

  report(): string {
    return [...this.directors.map(({ log }) => log), tail(this.#routerProgram.log)].join("\n");
  }

  async close(): Promise<void> {
    await Promise.all(
      [...this.directors.map(({ node }) => node), this.router].map((it) => it.killAll()),
    );
    await Promise.all([this.traffic, ...this.servers].map((program) => program.kill()));
    await this.#network.close();
  }
}
