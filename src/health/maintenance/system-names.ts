import { Resolver } from "node:dns/promises";
import { readFile } from "node:fs/promises";
import { canonicalAddress } from "../../model/address.ts";
import type { ReverseLookup } from "./hostnames.ts";

/** All names that the text has for the address, line by line. Format: hosts(5). */
export function namesInHosts(text: string, address: string): readonly string[] {
  return text.split("\n").flatMap((line) => {
    const [first = "", ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
    return canonicalAddress(first) === address ? names : [];
  });
}

/**
 * /etc/hosts, then the name servers. The resolver looks into the file too, but passes on the further names of a
 * line only, and so nothing of most lines.
 */
export function systemNames(hostsFile = "/etc/hosts"): ReverseLookup {
  // `timeout`: milliseconds until the first retry.
  const resolver = new Resolver({ timeout: 2000, tries: 2 });
  return {
    reverse: async (address) => {
      const text = await readFile(hostsFile, "utf8").catch(() => "");
      const names = namesInHosts(text, address);
      return names.length > 0 ? names : resolver.reverse(address);
    },
    cancel: () => resolver.cancel(),
  };
}
