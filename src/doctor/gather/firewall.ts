/** The rules of the firewall, as the programs that made them tell them. No module is loaded by looking. */
import { execFile } from "node:child_process";
import { err, ok } from "../../model/result.ts";
import type { FirewallRules, Seen } from "../facts.ts";
import { firewallRules } from "../firewall-rules.ts";
import { readText } from "./read.ts";

const timeoutMs = 3_000;
const maxBytes = 8 * 2 ** 20;
const searched = `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin`;

const hasText = async (path: string): Promise<boolean> =>
  ((await readText(path)) ?? "").trim() !== "";

/** What iptables has by itself, and what nft has, for iptables is mostly a face of that. The first one that is there tells. */
const kinds = [
  {
    name: "iptables",
    isUsed: () => hasText("/proc/net/ip_tables_names"),
    programs: [["iptables-legacy-save"], ["iptables-save"]],
  },
  {
    name: "ip6tables",
    isUsed: () => hasText("/proc/net/ip6_tables_names"),
    programs: [["ip6tables-legacy-save"], ["ip6tables-save"]],
  },
  {
    name: "nft",
    isUsed: async () => /^nf_tables /m.test((await readText("/proc/modules")) ?? ""),
    programs: [["nft", "list", "ruleset"], ["iptables-nft-save"], ["iptables-save"]],
  },
] as const;

export async function readFirewall(): Promise<Seen<FirewallRules>> {
  if (process.geteuid?.() !== 0) return err("the firewall's rules are for root to read");
  let text = "";
  for (const { name, isUsed, programs } of kinds) {
    if (!(await isUsed())) continue;
    const told = await firstOf(programs);
    if (told === undefined) return err(`no program here tells the rules of ${name}`);
    text += told;
  }
  return ok(firewallRules(text));
}

async function firstOf(programs: readonly (readonly string[])[]): Promise<string | undefined> {
  for (const [program = "", ...args] of programs) {
    const told = await outputOf(program, args);
    if (told !== undefined) return told;
  }
  return undefined;
}

/** undefined: it is not there, failed, or took too long. */
const outputOf = (program: string, args: readonly string[]): Promise<string | undefined> =>
  new Promise((resolve) => {
    const options = {
      timeout: timeoutMs,
      killSignal: "SIGKILL",
      maxBuffer: maxBytes,
      env: { PATH: searched },
    } as const;
    execFile(program, args, options, (error, out) => resolve(error ? undefined : out));
  });
