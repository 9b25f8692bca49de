import { createSocket } from "node:dgram";
import { networkInterfaces } from "node:os";
import { canonicalAddress } from "../model/address.ts";
import type { Outcome } from "./runner.ts";

/**
 * What is wrong with this machine's own way to `address`, in words; undefined when nothing is, or nobody can
 * tell. Asked when a real server did not answer: with the cable out, none does, and none is to blame.
 */
export type OwnLink = (address: string) => Promise<string | undefined>;

/** A server that was not reached says nothing about itself when our own link is down. */
export async function believable(
  outcome: Outcome,
  address: string,
  ownLink: OwnLink | undefined,
): Promise<Outcome> {
  if (ownLink === undefined || outcome.kind !== "verdict" || outcome.verdict.up) return outcome;
  const { reason, detail } = outcome.verdict;
  if (reason !== "timeout" && reason !== "unreachable") return outcome;
  const trouble = await ownLink(address);
  if (trouble === undefined) return outcome;
  return { kind: "local-fault", code: "link-down", detail: `${address}: ${detail}; ${trouble}` };
}

/** The system's answer: its routing table chooses a source address, and that has to be on an interface with a link. */
export async function ownLink(address: string): Promise<string | undefined> {
  const source = await sourceFor(address);
  if (source === undefined) return undefined;
  if (source === "no route") return "this machine has no route to it";
  // What is sent to an address of our own never leaves the machine.
  if (source === address && !/^(127\.|::1$)/.test(source)) return undefined;
  return addressesWithLink().has(source)
    ? undefined
    : `the interface of ${source}, which leads there, is down`;
}

/** Node leaves interfaces out that are not up, or have no carrier (netdevice(7): IFF_UP, IFF_RUNNING). */
function addressesWithLink(): ReadonlySet<string> {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return new Set(all.map(({ address }) => canonicalAddress(address) ?? address));
}

/** connect(2) of a datagram socket chooses the route, and sends nothing. */
function sourceFor(address: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
    const done = (source: string | undefined) => {
      socket.close();
      resolve(source);
    };
    socket.once("error", (error: NodeJS.ErrnoException) =>
      done(error.code === "ENETUNREACH" ? "no route" : undefined),
    );
    socket.once("connect", () => {
      const source = socket.address().address;
      done(canonicalAddress(source) ?? source);
    });
    // The port is of no matter: discard (RFC 863).
    socket.connect(9, address);
  });
}
