/** Asks by ARP who else has our virtual addresses. */
import { setTimeout as wait } from "node:timers/promises";
import { addressToBytes, bytesToAddress, familyOf } from "../../model/address.ts";
import { messageOf } from "../../model/error-text.ts";
import { err, ok } from "../../model/result.ts";
import { type ArpSocket, openArpSocket } from "../../native/arp-socket.ts";
import type { Libc } from "../../native/libc.ts";
import type { Claim, Link, Seen } from "../facts.ts";
import { linksToward, segmentsOf } from "../services.ts";

/** A broadcast may be lost. What has not answered within a second is not there: RFC 5227's own pauses are as long. */
const rounds = 3;
const pauseMs = 330;
/** More would be a flood of broadcasts. */
const maxQuestions = 256;
/** Of one address: who answers under a hundred names is one. */
const maxAnswers = 8;

/**
 * @param reals real servers that have the virtual addresses, too: to tell them from strangers
 * @returns for each address that was asked for, who claims it
 */
export async function askForClaims(
  libc: Libc | undefined,
  { vips, reals }: { readonly vips: readonly string[]; readonly reals: readonly string[] },
  links: readonly Link[],
): Promise<Seen<ReadonlyMap<string, readonly Claim[]>>> {
  if (libc === undefined) return err("the C library cannot be called from here");
  try {
    const found = await ask(libc, questionsFor(vips, segmentsOf, links), links);
    // Where nobody has answered there is nobody to be told from others.
    const isQuiet = [...found.values()].every((answers) => answers.length === 0);
    const known = isQuiet
      ? []
      : [...(await ask(libc, questionsFor(reals, linksToward, links), links))];
    const claims = [...found].map(([vip, answers]): [string, readonly Claim[]] => [
      vip,
      answers.map(({ device, mac }) => ({
        device,
        mac,
        knownAs: known.flatMap(([real, theirs]) =>
          theirs.some((answer) => answer.mac === mac) ? [real] : [],
        ),
      })),
    ]);
    return ok(new Map(claims));
  } catch (error) {
    return err(`neighbours cannot be asked (${messageOf(error)}); run as root`);
  }
}

interface Question {
  readonly address: string;
  readonly link: Link;
}

const questionsFor = (
  addresses: readonly string[],
  where: (address: string, links: readonly Link[]) => readonly Link[],
  links: readonly Link[],
): readonly Question[] =>
  addresses
    .filter((address) => familyOf(address) === 4)
    .flatMap((address) => where(address, links).map((link) => ({ address, link })))
    .slice(0, maxQuestions);

type Answer = Pick<Claim, "device" | "mac">;

/** Takes about a second, and no time when there is nothing to ask. @throws LibcError EPERM without CAP_NET_RAW */
async function ask(
  libc: Libc,
  questions: readonly Question[],
  links: readonly Link[],
): Promise<ReadonlyMap<string, readonly Answer[]>> {
  const own = new Set(links.map(({ mac }) => mac));
  const found = new Map(questions.map(({ address }): [string, Answer[]] => [address, []]));
  const hear = (device: string) => (macBytes: Buffer, addressBytes: Buffer) => {
    const mac = macBytes.toString("hex").replace(/..(?=.)/g, "$&:");
    const answers = found.get(bytesToAddress(addressBytes));
    if (answers === undefined || own.has(mac) || answers.length >= maxAnswers) return;
    const isNew = !answers.some((answer) => answer.mac === mac && answer.device === device);
    if (isNew) answers.push({ device, mac });
  };
  const sockets = new Map<string, ArpSocket>();
  try {
    for (const { name, index, mac } of new Set(questions.map(({ link }) => link))) {
      const place = { index, mac: Buffer.from(mac.replaceAll(":", ""), "hex") };
      sockets.set(name, openArpSocket(libc, place, hear(name)));
    }
    for (let round = 0; round < rounds && questions.length > 0; round++) {
      for (const { address, link } of questions) {
        sockets.get(link.name)?.probe(addressToBytes(address));
      }
      await wait(pauseMs);
    }
    return found;
  } finally {
    for (const socket of sockets.values()) socket.close();
  }
}
