import { Resolver } from "node:dns/promises";
import { readFile, stat } from "node:fs/promises";
import { canonicalAddress } from "../../model/address.ts";
import type { ReverseLookup } from "./hostnames.ts";

type Hosts = ReadonlyMap<string, readonly string[]>;

/** By address, all names that the text has for it, line by line. Format: hosts(5). */
function hostsIn(text: string): Hosts {
  const hosts = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const [first = "", ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
    const address = canonicalAddress(first);
    if (address === undefined) continue;
    const known = hosts.get(address);
    if (known === undefined) hosts.set(address, names);
    else known.push(...names);
  }
  return hosts;
}

/** Of one address. */
export const namesInHosts = (text: string, address: string): readonly string[] =>
  hostsIn(text).get(address) ?? [];

/**
 * /etc/hosts, then the name servers. The resolver looks into the file too, but passes on the further names of a
 * line only, and so nothing of most lines.
 */
export function systemNames(hostsFile = "/etc/hosts"): ReverseLookup {
  // `timeout`: milliseconds until the first retry.
  const resolver = new Resolver({ timeout: 2000, tries: 2 });
  /** What the file says, as it was read last: thousands of servers are looked up in the same one. */
  let known: { readonly version: string; readonly hosts: Hosts } | undefined;
  const hostsNow = async (): Promise<Hosts> => {
    const { mtimeMs, size, ino } = await stat(hostsFile);
    const version = `${mtimeMs} ${size} ${ino}`;
    if (known?.version !== version) {
      known = { version, hosts: hostsIn(await readFile(hostsFile, "utf8")) };
    }
    return known.hosts;
  };
  return {
    reverse: async (address) => {
      const hosts = await hostsNow().catch(() => undefined);
      const names = hosts?.get(address) ?? [];
      return names.length > 0 ? names : resolver.reverse(address);
    },
    cancel: () => resolver.cancel(),
  };
}
