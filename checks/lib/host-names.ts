/**
 * The addresses of a name, for a check that is sent to one: from /etc/hosts, then from the name servers. Never
 * by getaddrinfo(3): it has a few threads for the whole daemon, and cannot be told to stop.
 */

import { Resolver } from "node:dns/promises";
import { open, readFile } from "node:fs/promises";
import { canonicalAddress } from "../../src/model/address.ts";
import { hostNamesToTry, systemSearchList } from "./dns/search-list.ts";
import { DownNow } from "./down-now.ts";
import { LocalFault } from "./fault.ts";
import { createSlots, type Slots } from "./program/semaphore.ts";
import type { RunSignal } from "./run-signal.ts";

/** Look-ups at once: of all checks, and of those that one real server sends to names. */
export const maxAtOnce = 256;
const maxForOne = 4;

const all = createSlots(maxAtOnce);
const lines = new Map<string, { readonly slots: Slots; users: number }>();

export interface NamesOptions {
  readonly hostsFile?: string;
  /** Of name servers; the system's when absent. */
  readonly servers?: readonly string[];
}

/**
 * @param forWhom the real server that sent us there
 * @returns at least one address, IPv4 first
 * @throws DownNow when the name has none; LocalFault when we could not ask in time, and NoNameServer when we
 *   asked and nobody knows; or rejects with the signal's reason
 */
export async function addressesOf(
  name: string,
  forWhom: string,
  signal: RunSignal,
  { hostsFile = "/etc/hosts", servers }: NamesOptions = {},
): Promise<readonly string[]> {
  const line = lines.get(forWhom) ?? { slots: createSlots(maxForOne), users: 0 };
  lines.set(forWhom, line);
  line.users++;
  try {
    // Whoever stands in this line waits for names of its own: that is the server's time.
    const leaveLine = await line.slots.take(signal);
    const isCrowded = all.isFull;
    try {
      signal.throwIfAborted();
      const leave = await all.take(signal);
      try {
        return await lookUp(name, signal, hostsFile, servers);
      } finally {
        leave();
      }
    } catch (error) {
      // And this one is ours.
      if (isCrowded && signal.aborted)
        throw new LocalFault(
          "LOOKUP_QUEUE",
          `too many look-ups at once to ask for ${name} in time`,
        );
      throw error;
    } finally {
      leaveLine();
    }
  } finally {
    if (--line.users === 0) lines.delete(forWhom);
  }
}

/** Name servers were asked, and none had an answer, be it yes or no. */
export class NoNameServer extends LocalFault {}

async function lookUp(
  name: string,
  signal: RunSignal,
  hostsFile: string,
  servers: readonly string[] | undefined,
): Promise<readonly string[]> {
  const text = await readFile(hostsFile, "utf8").catch(() => "");
  const known = addressesInHosts(text, name.replace(/\.$/, ""));
  if (known.length > 0) return known;
  const searchList = await systemSearchList();
  signal.throwIfAborted();
  // One for each look-up: what it is told to cancel is all that it has under way.
  const resolver = new Resolver();
  if (servers !== undefined) resolver.setServers(servers);
  const cancel = (): void => resolver.cancel();
  signal.addEventListener("abort", cancel);
  try {
    let isSilent = false;
    for (const full of hostNamesToTry(name, searchList)) {
      const answers = await Promise.allSettled([resolver.resolve4(full), resolver.resolve6(full)]);
      signal.throwIfAborted();
      const found = answers.flatMap((answer) =>
        answer.status === "fulfilled" ? answer.value : [],
      );
      if (found.length > 0) return found;
      isSilent ||= answers.some((answer) => answer.status === "rejected" && !isNo(answer.reason));
    }
    if (isSilent) {
      // The resolver says the same when it had no descriptor to ask with.
      await (await open("/dev/null")).close();
      throw new NoNameServer("EAI_AGAIN", `no name server knows about ${name}`);
    }
    throw new DownNow("unreachable", `the host name ${name} has no address`);
  } finally {
    signal.removeEventListener("abort", cancel);
  }
}

/** The name server's own no: there is no such name, or no address to it; or nobody can have such a name. */
const noes: ReadonlySet<unknown> = new Set(["ENOTFOUND", "ENODATA", "EBADNAME"]);
const isNo = (error: unknown): boolean =>
  error instanceof Error && "code" in error && noes.has(error.code);

/** Format: hosts(5). IPv4 first. */
export function addressesInHosts(text: string, name: string): readonly string[] {
  const wanted = name.toLowerCase();
  const found = text.split("\n").flatMap((line) => {
    const [first = "", ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
    const isIt = names.some((it) => it.toLowerCase() === wanted);
    const address = isIt ? canonicalAddress(first) : undefined;
    return address === undefined ? [] : [address];
  });
  return found.sort((one, other) => Number(one.includes(":")) - Number(other.includes(":")));
}
