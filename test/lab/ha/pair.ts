import { Network } from "../network.ts";
import { RealServer } from "../real-server.ts";
import { ClusterNode, type Programs } from "./node.ts";
import type { DirectorName, PairRole, PairTopology } from "./topologies.ts";
import { TrafficSource } from "./traffic.ts";

export const directorNames = ["director1", "director2"] as const satisfies DirectorName[];

/** A client, two directors on which nothing runs yet, and two web servers. */
export class Pair {
  readonly network: Network<PairRole>;
  readonly traffic: TrafficSource;
  readonly directors: Readonly<Record<DirectorName, ClusterNode>>;
  readonly rs1: RealServer;
  readonly rs2: RealServer;
  readonly #topology: PairTopology;

  private constructor(
    topology: PairTopology,
    network: Network<PairRole>,
    traffic: TrafficSource,
    nodes: readonly [ClusterNode, ClusterNode],
    servers: readonly [RealServer, RealServer],
  ) {
    this.#topology = topology;
    this.network = network;
    this.traffic = traffic;
    this.directors = { director1: nodes[0], director2: nodes[1] };
    [this.rs1, this.rs2] = servers;
  }

  static async open(
    topology: PairTopology,
    ports: readonly number[] = [80],
    programs: Programs = "built",
  ): Promise<Pair> {
    const network = await Network.open<PairRole>(topology);
    const host = (role: PairRole) => network.host(role);
    const [traffic, ...others] = await Promise.all([
      TrafficSource.start(host("client")),
      ClusterNode.start(host("director1"), "director1", programs),
      ClusterNode.start(host("director2"), "director2", programs),
      RealServer.start(host("rs1"), { ports, name: "rs1" }),
      RealServer.start(host("rs2"), { ports, name: "rs2" }),
    ]);
    const [one, two, rs1, rs2] = others;
    return new Pair(topology, network, traffic, [one, two], [rs1, rs2]);
  }

  /** All processes of both end, and what the kernel kept of them. Then they stand as after a boot, every cable in its place. */
  async reboot(): Promise<void> {
    await Promise.all(directorNames.map((name) => this.rebootNode(name)));
  }

  /** The same of one of them. */
  async rebootNode(name: DirectorName): Promise<void> {
    const node = this.directors[name];
    const { links } = this.#topology[name];
    await node.killAll();
    await this.cables(name, "in");
    for (const device of Object.keys(links)) {
      await this.network.cut([name], device, "joined");
    }
    await node.forget(Object.values(links).flatMap(([, ...addresses]) => addresses));
    await node.start();
  }

  /** All of a director's. */
  async cables(name: DirectorName, state: "out" | "in"): Promise<void> {
    for (const device of Object.keys(this.#topology[name].links)) {
      await this.network.cable(name, device, state);
    }
  }

  /** Which of them has the address. */
  async holders(address: string): Promise<readonly DirectorName[]> {
    const has = await Promise.all(
      directorNames.map((name) => this.directors[name].hasAddress(address)),
    );
    return directorNames.filter((_, index) => has[index]);
  }

  async close(): Promise<void> {
    await Promise.all(directorNames.map((name) => this.directors[name].killAll()));
    await Promise.all([this.traffic, this.rs1, this.rs2].map((program) => program.kill()));
    await this.network.close();
  }
}
