import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent } from "./agent.ts";
import { Director, type Who } from "./director.ts";
import { readTable, type Table } from "./ipvsadm.ts";
import type { Namespace } from "./namespace.ts";
import { type HostPlan, Network } from "./network.ts";
import { makeCertificates } from "./services/certificates.ts";
import type { Verdict } from "./services/target.ts";
import {
  configuration,
  expectedOf,
  listenersOf,
  networks,
  type Part,
  parts,
  type Target,
  targetsOf,
} from "./services/targets.ts";

type Host = "servers" | "ours" | `original${number}`;

/** Long enough that a check's modules can be loaded in it, in an emulated kernel. */
const timeoutSeconds = 4;
/** The original's is a pause after each round. We ask that often, all the list. */
const intervalSeconds = { original: 2, ours: 20 } as const;
/** The original waits for some silent servers until they close. */
const silentMs = 5000;
const roundsAtMost = 4;
const oursAtMostMs = 90_000;

/** By the target's title. `none`: there is no verdict yet. */
export type Verdicts = Readonly<Record<string, Verdict | "none">>;

export interface Outcome {
  readonly verdicts: Verdicts;
  /** What the daemon printed. */
  readonly log: string;
}

const linksOf = (number: number): HostPlan["links"] => ({
  eth0: ["lan", `10.8.0.${number}/24`, `fd08::${number}/64`],
});

const servers: HostPlan = {
  links: linksOf(1),
  sysctl: { "net.ipv6.ip_nonlocal_bind": "1" },
  // Every address of these networks is its own.
  ip: Object.values(networks).map((it) => `route add local ${it} dev lo`),
};
const director = (number: number): HostPlan => ({
  links: linksOf(number),
  ip: [`route add ${networks[4]} via 10.8.0.1`, `route add ${networks[6]} via fd08::1`],
});

/** The real servers of one part of the list on one host, and directors, each with a kernel table of its own. */
export class ServiceLab {
  readonly #network: Network<Host>;
  readonly #folder: string;
  readonly #agent: Agent;
  readonly #trusted = process.env["SSL_CERT_FILE"];
  readonly #domain = process.env["LOCALDOMAIN"];

  private constructor(network: Network<Host>, folder: string, agent: Agent, authority: string) {
    this.#network = network;
    this.#folder = folder;
    this.#agent = agent;
    process.env["SSL_CERT_FILE"] = authority;
    // The search list of the resolver, in place of the machine's own.
    process.env["LOCALDOMAIN"] = "lab.example";
  }

  static async open(part: Part): Promise<ServiceLab> {
    const list = targetsOf(parts[part].flat());
    const folder = await mkdtemp(join(tmpdir(), "ldng-services-"));
    const withTls = list.filter(({ tls, beside }) => tls ?? beside?.tls);
    const { ca, key, certificates } = await makeCertificates(
      folder,
      withTls.map(({ address }) => address),
    );
    const setting = join(folder, "servers.json");
    writeFileSync(
      setting,
      JSON.stringify({ listeners: listenersOf(list), key, certificates, silentMs }),
    );
    const originals = parts[part].map((_group, i) => [`original${i}`, director(i + 3)] as const);
    const network = await Network.open<Host>({
      ...Object.fromEntries(originals),
      servers,
      ours: director(2),
    });
    const agent = await Agent.start(network.host("servers"), "./service-servers.mjs", setting);
    return new ServiceLab(network, folder, agent, ca);
  }

  /** Runs the original on one group, round by round, until its verdicts are as listed or do not become so. */
  async original(group: number, list: readonly Target[]): Promise<Outcome> {
    const host = this.#network.host(`original${group}`);
    const daemon = this.#start("original", host, list);
    try {
      for (let round = 1; ; round += 1) {
        while (roundsOf(daemon.log) < round) {
          daemon.mustRun();
          await shortly();
        }
        const table = await readTable(host);
        const verdicts = Object.fromEntries(list.map((it) => [it.title, verdictIn(table, it)]));
        if (round === roundsAtMost || isAsListed(list, verdicts, "original"))
          return { verdicts, log: daemon.log };
      }
    } finally {
      await daemon.kill();
    }
  }

  /** Runs us on these until each has a verdict and they are as listed, or do not become so. */
  async ours(list: readonly Target[]): Promise<Outcome> {
    const host = this.#network.host("ours");
    const daemon = this.#start("ours", host, list);
    const end = performance.now() + oursAtMostMs;
    try {
      for (;;) {
        daemon.mustRun();
        const { log } = daemon;
        const table = await readTable(host);
        const verdicts: Verdicts = Object.fromEntries(
          list.map((it) => {
            const verdict = verdictIn(table, it);
            const isSure = verdict === "up" || reasonIn(log, it) !== undefined;
            return [it.title, isSure ? verdict : ("none" as const)];
          }),
        );
        if (isAsListed(list, verdicts, "ours") || performance.now() > end) return { verdicts, log };
        await shortly();
      }
    } finally {
      await daemon.kill();
    }
  }

  #start(who: Who, host: Namespace, list: readonly Target[]): Director {
    const file = join(this.#folder, `${host.name}.cf`);
    const limits = { timeoutSeconds, intervalSeconds: intervalSeconds[who] };
    writeFileSync(file, configuration(list, limits));
    return Director.start(host, file, [], who);
  }

  async close(): Promise<void> {
    restore("SSL_CERT_FILE", this.#trusted);
    restore("LOCALDOMAIN", this.#domain);
    await this.#agent.kill();
    await this.#network.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** The original says so in every round, at the last virtual service. */
const roundsOf = (log: string): number => log.split("DEBUG2: Checking on: ").length - 1;

const verdictIn = (table: Table, { virtual }: Target): Verdict =>
  Object.keys(table[virtual]?.servers ?? {}).length > 0 ? "up" : "down";

/** We say once why a real server is down. */
const reasonIn = (log: string, { virtual }: Target): string | undefined =>
  log
    .split("\n")
    .findLast((line) => line.includes("Check failed: ") && line.includes(`(${virtual.slice(4)})`));

const isAsListed = (list: readonly Target[], verdicts: Verdicts, who: Who): boolean =>
  list.every((it) => verdicts[it.title] === expectedOf(it, who));

const shortly = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1000));

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}

/** What is not as listed, with our reason for it. */
export function printSurprises(who: Who, list: readonly Target[], outcome: Outcome): void {
  for (const it of list) {
    const seen = outcome.verdicts[it.title];
    const listed = expectedOf(it, who);
    const reason = (who === "ours" && reasonIn(outcome.log, it)) || "";
    if (seen !== listed) console.log(`${it.title}: ${seen}, listed as ${listed} ${reason}`);
  }
}

/** @param lines what the comparison leaves out, and why */
export function printLeftOut(lines: readonly string[]): void {
  for (const line of lines) console.log(`not compared: ${line}`);
}
