import { writeFile } from "node:fs/promises";
import { Client } from "../../lab/client.ts";
import { readTable, type Table, type TableService } from "../../lab/ipvsadm.ts";
import { Network } from "../../lab/network.ts";
import { RealServer } from "../../lab/real-server.ts";
import { type Role, translation } from "../../lab/topologies.ts";
import { until } from "../../lab/until.ts";

export const configFile = "/etc/ha.d/ldirectord.cf";
export const service = "TCP 192.168.10.101:80";
export const url = "http://192.168.10.101/";
export const rs1 = "10.0.0.11:8080";
export const rs2 = "10.0.0.12:8080";
export const both = { [rs1]: "Masq 1", [rs2]: "Masq 1" };

/** The site's file, as one that has run the original for years. */
export const config = (more = "") => `checktimeout=10
checkinterval=1
autoreload=no
quiescent=no
logfile="/var/log/ldirectord.log"
${more}
virtual=192.168.10.101:80
\treal=10.0.0.11:8080 masq
\treal=10.0.0.12:8080 masq
\tservice=http
\trequest="/"
\treceive="This is"
\tscheduler=rr
\tchecktype=negotiate
`;

/** This machine as the director between a client and two web servers, which have namespaces of their own. */
export class Site {
  readonly #network: Network<Role>;
  readonly client: Client;
  readonly rs1: RealServer;
  readonly rs2: RealServer;

  private constructor(
    network: Network<Role>,
    [client, one, two]: [Client, RealServer, RealServer],
  ) {
    this.#network = network;
    this.client = client;
    this.rs1 = one;
    this.rs2 = two;
  }

  static async open(): Promise<Site> {
    const plan = translation();
    const network = await Network.open<Role>({
      ...plan,
      director: { ...plan.director, isMachine: true },
    });
    await writeFile(configFile, config());
    return new Site(
      network,
      await Promise.all([
        Client.start(network.host("client")),
        RealServer.start(network.host("rs1"), { name: "rs1", ports: [8080] }),
        RealServer.start(network.host("rs2"), { name: "rs2", ports: [8080] }),
      ]),
    );
  }

  table(): Promise<Table> {
    return readTable(this.#network.host("director"));
  }

  /** Waits until the service has these servers and no others. */
  async untilServers(servers: TableService["servers"]): Promise<void> {
    const text = (it: TableService["servers"] = {}) => JSON.stringify(Object.entries(it).sort());
    const isWanted = (table: Table) => text(table[service]?.servers) === text(servers);
    await until(() => this.table(), isWanted, `${service} has ${text(servers)}`);
  }

  async untilEmpty(): Promise<void> {
    await until(
      () => this.table(),
      (table) => Object.keys(table).length === 0,
      "the table is empty",
    );
  }

  async close(): Promise<void> {
    await Promise.all([this.client, this.rs1, this.rs2].map((program) => program.kill()));
    await this.#network.close();
  }
}
