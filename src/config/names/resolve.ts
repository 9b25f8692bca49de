import { lookup } from "node:dns/promises";
import { readFile } from "node:fs/promises";
import { canonicalAddress, type Family } from "../../model/address.ts";
import { messageOf } from "../../model/error-text.ts";
import { err, ok, type Result } from "../../model/result.ts";
import { inTurns, type Steps } from "../turns.ts";
import { notAHost } from "../values/address-hint.ts";
import { NameMemory } from "./memory.ts";
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
      // One that goes on from the last reading is joined: so many names, so many look-ups, however often we read.
      const key = `${family} ${name}`;
      const asked = underWay.get(key) ?? lookUp(name, family).finally(() => underWay.delete(key));
      underWay.set(key, asked);
      return asked;
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

const underWay = new Map<string, Promise<Result<string, string>>>();

async function lookUp(name: string, family: Family): Promise<Result<string, string>> {
  try {
    const { address } = await lookup(name, { family });
    const known = canonicalAddress(address);
    return known === undefined ? err(`its address ${address} has a zone`) : ok(known);
  } catch (error) {
    return err(lookupFailure(error, family));
  }
}

function lookupFailure(error: unknown, family: Family): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "failed";
  if (code === "ENOTFOUND") return `no IPv${family} address of that name is known`;
  if (code === "EAI_AGAIN") return "no name server answers";
  return `the look-up failed with ${code}`;
}

/** One question to a Resolver. */
export type NameQuery =
  | { readonly kind: "host"; readonly name: string; readonly family: Family }
  | {
      readonly kind: "service";
      readonly name: string;
      readonly protocol: "tcp" | "udp" | undefined;
    };

const keyOf = (question: NameQuery): string =>
  question.kind === "host"
    ? `host ${question.family} ${question.name}`
    : `service ${question.protocol ?? "any"} ${question.name}`;

/** What is known once all questions are answered, or out of time. */
export interface Answers {
  host(name: string, family: Family): Result<string, string>;
  port(name: string, protocol: "tcp" | "udp" | undefined): Result<number, string>;
  /** Of a name that may be one, and could not be looked up now: nothing is wrong with the file. */
  trouble(name: string, family: Family): NameTrouble | undefined;
  /** All names with trouble, and whether they have an address all the same. */
  readonly unresolved: readonly string[];
  /** The addresses of names are nobody's: see Resolver. */
  readonly areStandIns: boolean;
}

interface NameTrouble {
  readonly why: string;
  /** Used until there is another answer. */
  readonly lastKnown?: string;
}

export interface ResolveOptions {
  /** Is read, and learns. */
  readonly memory?: NameMemory;
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
  questions: readonly NameQuery[],
  resolver: Resolver,
  { deadlineMs, concurrency, memory = new NameMemory() }: ResolveOptions,
): Promise<Answers> {
  const hosts = new Map<string, Result<string, string>>();
  const ports = new Map<string, Result<number, string>>();
  const names = await inTurns(namesIn(questions));
  const unique = new Map(names.map((name) => [keyOf(name), name]));

  let isOver = false;
  const queue = [...unique]
    .sort(([a], [b]) => Number(memory.unanswered.has(a)) - Number(memory.unanswered.has(b)))
    .values();
  const work = async (): Promise<void> => {
    for (const [key, question] of queue) {
      if (isOver) return;
      if (question.kind === "host") {
        const answer = await resolver.host(question.name, question.family).catch(failed);
        if (!isOver) hosts.set(key, answer);
      } else {
        const answer = await resolver.service(question.name, question.protocol).catch(failed);
        if (!isOver) ports.set(key, answer);
      }
    }
  };
  if (unique.size > 0) {
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, deadlineMs);
    });
    const workers = Array.from({ length: Math.min(concurrency, unique.size) }, work);
    await Promise.race([Promise.all(workers), deadline]);
    isOver = true;
    clearTimeout(timer);
  }

  const late = err(`no answer within ${deadlineMs / 1000} seconds; is a name server reachable?`);
  const unresolved: string[] = [];
  memory.unanswered.clear();
  for (const [key, { kind }] of unique) {
    if (kind !== "host") continue;
    const answer = hosts.get(key);
    if (answer?.ok === true) memory.addresses.set(key, answer.value);
    else {
      memory.unanswered.add(key);
      unresolved.push(`${key} ${memory.addresses.get(key) ?? "-"}`);
    }
  }
  const trouble = (name: string, family: Family): NameTrouble | undefined => {
    const key = keyOf({ kind: "host", name, family });
    const answer = hosts.get(key) ?? late;
    if (answer.ok || !unique.has(key)) return undefined;
    const lastKnown = memory.addresses.get(key);
    return { why: answer.error, ...(lastKnown !== undefined && { lastKnown }) };
  };
  return {
    host: (name, family) => {
      const known = knownHost(name, family);
      if (known !== undefined) return known;
      const key = keyOf({ kind: "host", name, family });
      const answer = hosts.get(key) ?? late;
      const lastKnown = answer.ok ? undefined : memory.addresses.get(key);
      return lastKnown === undefined ? answer : ok(lastKnown);
    },
    trouble,
    unresolved,
    port: (name, protocol) =>
      knownPort(name) ?? ports.get(keyOf({ kind: "service", name, protocol })) ?? late,
    areStandIns: resolver.isStandIn === true,
  };
}

/** Each question that somebody has to be asked, once. */
export function* namesIn(questions: readonly NameQuery[]): Steps<readonly NameQuery[]> {
  const unique = new Map<string, NameQuery>();
  for (const question of questions) {
    yield;
    const isNumber =
      question.kind === "host"
        ? knownHost(question.name, question.family) !== undefined
        : knownPort(question.name) !== undefined;
    if (!isNumber) unique.set(keyOf(question), question);
  }
  return [...unique.values()];
}

const failed = (error: unknown) => err(messageOf(error));

/** Answers that need nobody: numeric addresses of either family. Brackets are taken off. */
function knownHost(name: string, family: Family): Result<string, string> | undefined {
  const bare = /^\[(.*)\]$/.exec(name)?.[1] ?? name;
  const address = numericAddress(bare, family);
  if (address !== undefined) return ok(address);
  const other = numericAddress(bare, family === 4 ? 6 : 4);
  if (other !== undefined) return err(`it is not an IPv${family} address`);
  const why = notAHost(name);
  if (why !== undefined) return err(why);
  if (/^[A-Za-z0-9]/.test(name) || name.startsWith("_")) return undefined;
  return err("it is neither an address nor a host name");
}

function knownPort(name: string): Result<number, string> | undefined {
  if (!/^\d+$/.test(name)) return undefined;
  const port = Number(name);
  return port <= 65_535 ? ok(port) : err("a port is a number from 0 to 65535");
}
