import { lookup } from "node:dns/promises";
import { readFile } from "node:fs/promises";
import { canonicalAddress, type Family } from "../model/address.ts";
import { err, ok, type Result } from "../model/result.ts";
import { numericAddress } from "./numeric-address.ts";
import { parseServices, type ServiceTable } from "./services-file.ts";

/** Looks names up. Failures are answers: the text says why, and is shown to the operator. */
export interface Resolver {
  /** Its addresses are nobody's: what depends on their order or distance is not to be judged. */
  readonly isStandIn?: true;
  /** The first address of one family, in the form that Endpoint keeps. */
  host(name: string, family: Family): Promise<Result<string, string>>;
  /** @param protocol undefined: any */
  service(name: string, protocol: "tcp" | "udp" | undefined): Promise<Result<number, string>>;
}

/** getaddrinfo(3) and /etc/services, which is read at most once for each resolver. */
export function systemResolver(servicesPath = "/etc/services"): Resolver {
  let table: Promise<ServiceTable | undefined> | undefined;
  return {
    async host(name, family) {
      try {
        const { address } = await lookup(name, { family });
        const known = canonicalAddress(address);
        return known === undefined ? err(`its address ${address} has a zone`) : ok(known);
      } catch (error) {
        return err(lookupFailure(error, family));
      }
    },
    async service(name, protocol) {
      table ??= readFile(servicesPath, "utf8").then(parseServices, () => undefined);
      const services = await table;
      if (services === undefined) return err(`${servicesPath} can not be read`);
      const port = services.port(name, protocol);
      const where = protocol === undefined ? "" : ` for ${protocol}`;
      return port === undefined ? err(`no such service${where} in ${servicesPath}`) : ok(port);
    },
  };
}

const noNameServer = "no name server answers";

function lookupFailure(error: unknown, family: Family): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "failed";
  if (code === "ENOTFOUND") return `no IPv${family} address of that name is known`;
  if (code === "EAI_AGAIN") return noNameServer;
  return `the look-up failed with ${code}`;
}

/** One question to a Resolver. */
export type Question =
  | { readonly kind: "host"; readonly name: string; readonly family: Family }
  | {
      readonly kind: "service";
      readonly name: string;
      readonly protocol: "tcp" | "udp" | undefined;
    };

const keyOf = (question: Question): string =>
  question.kind === "host"
    ? `host ${question.family} ${question.name}`
    : `service ${question.protocol ?? "any"} ${question.name}`;

/** What is known once all questions are answered, or out of time. */
export interface Answers {
  host(name: string, family: Family): Result<string, string>;
  port(name: string, protocol: "tcp" | "udp" | undefined): Result<number, string>;
  /** Some question had no answer at all, not even a no: the same file may be good in a minute. */
  readonly isIncomplete: boolean;
  /** The addresses of names are nobody's: see Resolver. */
  readonly areStandIns: boolean;
}

export interface ResolveOptions {
  /** For all look-ups together. */
  readonly deadlineMs: number;
  /** Look-ups under way at once. */
  readonly concurrency: number;
}

/**
 * Asks each question once, numbers not at all. What has no answer at the deadline counts as failed;
 * such a look-up may go on in the background, getaddrinfo(3) can not be cut short.
 */
export async function resolveAll(
  questions: readonly Question[],
  resolver: Resolver,
  { deadlineMs, concurrency }: ResolveOptions,
): Promise<Answers> {
  const hosts = new Map<string, Result<string, string>>();
  const ports = new Map<string, Result<number, string>>();
  const unique = new Map<string, Question>();
  for (const question of questions) {
    const isNumber =
      question.kind === "host"
        ? knownHost(question.name, question.family) !== undefined
        : knownPort(question.name) !== undefined;
    if (!isNumber) unique.set(keyOf(question), question);
  }

  let isOver = false;
  const queue = [...unique];
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined && !isOver; next = queue.shift()) {
      const [key, question] = next;
      if (question.kind === "host") {
        const answer = await resolver.host(question.name, question.family).catch(failed);
        if (!isOver) hosts.set(key, answer);
      } else {
        const answer = await resolver.service(question.name, question.protocol).catch(failed);
        if (!isOver) ports.set(key, answer);
      }
    }
  };
  if (queue.length > 0) {
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, deadlineMs);
    });
    const workers = Array.from({ length: Math.min(concurrency, queue.length) }, work);
    await Promise.race([Promise.all(workers), deadline]);
    isOver = true;
    clearTimeout(timer);
  }

  const isSilence = (answer: Result<string, string>) => !answer.ok && answer.error === noNameServer;
  const late = err(`no answer within ${deadlineMs / 1000} seconds; is a name server reachable?`);
  return {
    host: (name, family) =>
      knownHost(name, family) ?? hosts.get(keyOf({ kind: "host", name, family })) ?? late,
    port: (name, protocol) =>
      knownPort(name) ?? ports.get(keyOf({ kind: "service", name, protocol })) ?? late,
    areStandIns: resolver.isStandIn === true,
    isIncomplete: hosts.size + ports.size < unique.size || [...hosts.values()].some(isSilence),
  };
}

const failed = (error: unknown) => err(error instanceof Error ? error.message : String(error));

/** Answers that need nobody: numeric addresses of either family. Brackets are taken off. */
function knownHost(name: string, family: Family): Result<string, string> | undefined {
  const bare = /^\[(.*)\]$/.exec(name)?.[1] ?? name;
  const address = numericAddress(bare, family);
  if (address !== undefined) return ok(address);
  const other = numericAddress(bare, family === 4 ? 6 : 4);
  if (other !== undefined) return err(`it is not an IPv${family} address`);
  if (/^[A-Za-z0-9]/.test(name) || name.startsWith("_")) return undefined;
  return err("it is neither an address nor a host name");
}

function knownPort(name: string): Result<number, string> | undefined {
  if (!/^\d+$/.test(name)) return undefined;
  const port = Number(name);
  return port <= 65_535 ? ok(port) : err("a port is a number from 0 to 65535");
}
