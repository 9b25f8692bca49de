import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent } from "../../lab/agent.ts";
import type { Who } from "../../lab/director.ts";
import type { Namespace } from "../../lab/namespace.ts";
import { type HostPlan, Network } from "../../lab/network.ts";
import { type Mistake, wantedMistake } from "./break.ts";
import { Machine } from "./machine.ts";
import { counter, directorAddress, directorAddress6, mailServer, networks } from "./places.ts";

const servers: HostPlan = {
  links: { eth0: ["lan", `${directorAddress(1)}/24`, `${directorAddress6(1)}/64`] },
  sysctl: { "net.ipv6.ip_nonlocal_bind": "1" },
  // Every address of these networks is its own.
  ip: Object.values(networks).map((network) => `route add local ${network} dev lo`),
};

const director = (number: number): HostPlan => ({
  links: { eth0: ["lan", `${directorAddress(number)}/24`, `${directorAddress6(number)}/64`] },
  ip: [
    `route add ${networks[4]} via ${directorAddress(1)}`,
    `route add ${networks[6]} via ${directorAddress6(1)}`,
  ],
});

export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly text: string;
}

/** What the servers saw of one director. */
export interface Told {
  readonly rounds: number;
  readonly requests: readonly string[];
  readonly mails: readonly Mail[];
}

/** Real servers, and pairs of directors that see the same of them. */
export class Rig {
  readonly #network: Network<string>;
  readonly #folder: string;
  readonly #servers: Agent;
  readonly #free: number[];
  readonly #machines = new Set<Machine>();
  readonly #mistake: Mistake | undefined;

  private constructor(
    network: Network<string>,
    folder: string,
    agent: Agent,
    pairs: number,
    mistake: Mistake | undefined,
  ) {
    this.#network = network;
    this.#folder = folder;
    this.#servers = agent;
    this.#mistake = mistake;
    this.#free = Array.from({ length: pairs }, (_, i) => i);
  }

  /**
   * @param pairs at most so many over the rig's life
   * @param mistake that our program has
   */
  static async open(pairs: number, mistake = wantedMistake()): Promise<Rig> {
    const folder = mkdtempSync(join(tmpdir(), "ldng-parity-"));
    const directors = Array.from({ length: pairs * 2 }, (_, i): [string, HostPlan] => [
      `d${i}`,
      director(i + 2),
    ]);
    const network = await Network.open<string>({ ...Object.fromEntries(directors), servers });
    const agent = await Agent.start(network.host("servers"), "../stages/parity/servers.mjs", {});
    const rig = new Rig(network, folder, agent, pairs, mistake);
    await rig.servers({
      open: [
        [counter, 9],
        [mailServer, 25],
      ],
    });
    return rig;
  }

  servers(command: object): Promise<unknown> {
    return this.#servers.ask(command);
  }

  async told(machine: Machine, isNew = false): Promise<Told> {
    return (await this.servers({ told: machine.address, isNew })) as Told;
  }

  /**
   * @param hosts lines of /etc/hosts on each
   * @param who runs; in this order
   */
  async directors(name: string, hosts: string, who: readonly Who[]): Promise<readonly Machine[]> {
    const number = this.#free.shift();
    if (number === undefined) throw new Error("this rig has no more directors");
    const open = async (who: Who, index: number): Promise<Machine> => {
      const host: Namespace = this.#network.host(`d${index}`);
      const folder = join(this.#folder, `${name.replaceAll(/\W+/g, "-")}-${number}`, who);
      const address = directorAddress(index + 2);
      const machine = await Machine.open(who, host, {
        address,
        folder,
        hosts,
        mistake: this.#mistake,
      });
      this.#machines.add(machine);
      return machine;
    };
    return Promise.all(who.map((it) => open(it, number * 2 + (it === "ours" ? 1 : 0))));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#machines].map((machine) => machine.close()));
    await this.#servers.kill();
    await this.#network.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
