import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "./client.ts";
import { run } from "./command.ts";
import { Director } from "./director.ts";
import { readTable, type Table, type TableService } from "./ipvsadm.ts";
import type { Namespace } from "./namespace.ts";
import { type HostPlan, Network } from "./network.ts";
import { RealServer, type RealServerSetting } from "./real-server.ts";
import type { Role } from "./topologies.ts";
import { until } from "./until.ts";

export interface LabSetting {
  readonly topology: Readonly<Record<Role, HostPlan>>;
  /** Of each web server: both real servers and the sorry server on the director. */
  readonly servers: Omit<RealServerSetting, "name">;
  /** Where the sorry server listens when not there. */
  readonly sorry?: Omit<RealServerSetting, "name">;
}

/** A network with a client, two web servers, a sorry server on the director, and room for the daemon under test. */
export class Lab {
  readonly #network: Network<Role>;
  /** A folder for files of the test, removed at the end. */
  readonly folder: string;
  readonly client: Client;
  readonly rs1: RealServer;
  readonly rs2: RealServer;
  readonly sorry: RealServer;
  #daemon: Director | undefined;

  private constructor(
    network: Network<Role>,
    folder: string,
    programs: readonly [Client, RealServer, RealServer, RealServer],
  ) {
    this.#network = network;
    this.folder = folder;
    [this.client, this.rs1, this.rs2, this.sorry] = programs;
  }

  static async open({ topology, servers, sorry }: LabSetting): Promise<Lab> {
    const folder = await mkdtemp(join(tmpdir(), "ldng-lab-"));
    const tls = servers.tlsPorts || sorry?.tlsPorts ? await makeCertificate(folder) : {};
    const network = await Network.open<Role>(topology);
    const programs = await Promise.all([
      Client.start(network.host("client")),
      RealServer.start(network.host("rs1"), { ...servers, ...tls, name: "rs1" }),
      RealServer.start(network.host("rs2"), { ...servers, ...tls, name: "rs2" }),
      RealServer.start(network.host("director"), {
        ...(sorry ?? servers),
        ...tls,
        name: "the sorry server",
      }),
    ]);
    return new Lab(network, folder, programs);
  }

  get director(): Namespace {
    return this.#network.host("director");
  }

  get clientHost(): Namespace {
    return this.#network.host("client");
  }

  /** @param device one of the director's cards */
  cable(device: string, state: "out" | "in"): Promise<void> {
    return this.#network.cable("director", device, state);
  }

  get daemon(): Director {
    if (!this.#daemon) throw new Error("no daemon was started");
    return this.#daemon;
  }

  /** One at a time: the one before must have ended. */
  startDaemon(file: string): Director {
    if (this.#daemon && !this.#daemon.hasEnded) throw new Error("the last daemon still runs");
    this.#daemon = Director.start(this.director, file);
    return this.#daemon;
  }

  table(): Promise<Table> {
    return readTable(this.director);
  }

  /** Waits until this service has these servers and no others. */
  async untilServers(service: string, servers: TableService["servers"]): Promise<void> {
    const wanted = JSON.stringify(sorted(servers));
    const look = async (): Promise<Table> => {
      this.daemon.mustRun();
      return this.table();
    };
    const isWanted = (table: Table): boolean =>
      JSON.stringify(sorted(table[service]?.servers ?? {})) === wanted;
    await until(look, isWanted, `${service} has ${wanted}`);
  }

  /** What one wants to see when a test fails. */
  async printReport(): Promise<void> {
    const table = JSON.stringify(await this.table(), null, 2);
    const log = (this.#daemon?.log ?? "")
      .split("\n")
      .filter((line) => !/^DEBUG[23]: |^Client-/.test(line)) // the original's
      .slice(-40)
      .join("\n");
    console.log(`the table:\n${table}\nthe daemon's last words:\n${log}`);
  }

  async close(): Promise<void> {
    await this.#daemon?.kill();
    const programs = [this.client, this.rs1, this.rs2, this.sorry];
    await Promise.all(programs.map((program) => program.kill()));
    await this.#network.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

function sorted(servers: TableService["servers"]): readonly (readonly [string, string])[] {
  return Object.entries(servers).sort(([a], [b]) => (a < b ? -1 : 1));
}

async function makeCertificate(folder: string): Promise<{ key: string; cert: string }> {
  const key = join(folder, "key.pem");
  const cert = join(folder, "cert.pem");
  const request =
    "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=lab";
  await run("openssl", [...request.split(" "), "-keyout", key, "-out", cert]);
  return { key, cert };
}
