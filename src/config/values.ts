import type { CheckType } from "../model/virtual-service.ts";
import type { Statement } from "./ast.ts";
import {
  checkTypeNames,
  type Directive,
  type Scope,
  schedulerNames,
  serviceNames,
} from "./directives.ts";
import { nearestWord, suggestion } from "./nearest.ts";
import { readNetmask, readSchedulerFlags } from "./scheduling.ts";
import { legacyUnknown } from "./unknown-line.ts";

export interface Problem {
  readonly severity: "error" | "warning";
  /** The original's words, when it has any for this. */
  readonly legacy?: string;
  readonly message: string;
}

/** A value as the directive's kind has it: a number, yes as true, text, or a checktype. */
export type SettingValue = string | number | boolean | Exclude<CheckType, string>;

export interface Reading {
  /** Absent when the directive says nothing that holds. */
  readonly value?: SettingValue;
  readonly problems: readonly Problem[];
}

export interface ValueContext {
  readonly scope: Scope;
  readonly family: 4 | 6;
  readonly isFwmark: boolean;
}

/** Longest time in seconds that a timer can hold: 2^31-1 ms. */
const maxSeconds = 2_147_483;
/** The limit of `ipvsadm -p`: 31 days. */
const maxPersistence = 2_678_400;

const fine = (value: SettingValue, ...problems: (Problem | undefined)[]): Reading => ({
  value,
  problems: problems.filter((problem) => problem !== undefined),
});
const bad = (legacy: string | undefined, message: string): Reading => ({
  problems: [{ severity: "error", ...(legacy === undefined ? {} : { legacy }), message }],
});
const warn = (message: string, legacy?: string): Problem => ({
  severity: "warning",
  message,
  ...(legacy === undefined ? {} : { legacy }),
});

/** Reads one statement's value. `virtual`, `real` and `fallback` are read by their own files. */
export function readValue(
  statement: Statement,
  directive: Directive,
  context: ValueContext,
): Reading {
  const legacy = context.scope === "G" ? directive.badGlobal : directive.badVirtual;
  const { value } = statement;
  const example = `write ${directive.example}`;
  const shown = JSON.stringify(value);

  switch (directive.kind) {
    case "positive":
    case "digits":
      return readNumber(value, directive, legacy);
    case "leading-digits": {
      const digits = /^\d+/.exec(value)?.[0];
      if (digits === undefined)
        return bad(legacy, `${shown} is not a number of seconds; ${example}`);
      return fine(Number(digits));
    }
    case "port":
      return readPort(value, legacy);
    case "yes-no":
      return readYesNo(value, directive.name, legacy);
    case "supervised":
      if (!statement.hasEquals && value === "") {
        const old = "please update your config not to use a bare supervised directive";
        return fine(true, warn("write supervised=yes", old));
      }
      if (!statement.hasEquals) return bad(legacy, `write ${directive.name}=yes or =no`);
      return readYesNo(value, directive.name, legacy);
    case "quoted":
      return readQuoted(statement, directive, context.scope);
    case "unquoted":
    case "virtualhost": {
      const text = takeQuotesOff(value, context.scope, directive.kind === "virtualhost");
      if (text !== "") return fine(text);
      // With quotes around nothing, the original gives it to a shell, which finds no such program.
      if (directive.kind === "virtualhost" || (context.scope === "G" && value !== "")) {
        return { problems: [warn("is empty, so it has no effect")] };
      }
      return bad(legacy, `is empty; ${example}`);
    }
    case "verbatim":
      if (value !== "") return fine(directive.name === "execute" ? strip(value) : value);
      if (legacy !== undefined) return bad(legacy, `is empty; ${example}`);
      return {
        problems: directive.name === "execute" ? [warn("is empty, so it has no effect")] : [],
      };
    case "check-type":
      return readCheckType(value, legacy);
    case "service":
      return readWord(value, /\w+/, serviceNames, legacy, "service");
    case "scheduler":
      return readScheduler(value, legacy);
    case "scheduler-flags":
      return readSchedulerFlags(value, legacy);
    case "netmask":
      return readNetmask(value, context.family);
    case "protocol":
      return readProtocol(value, legacy, context.isFwmark);
    case "http-method": {
      const word = /\w+/.exec(value)?.[0]?.toUpperCase() ?? "";
      if (word === "GET" || word === "HEAD") return fine(word);
      return bad(legacy, `${shown} is neither GET nor HEAD${suggestion(word, ["GET", "HEAD"])}`);
    }
    case "email-address": {
      const address = /^"[^"]*"$/.test(value) ? value.slice(1, -1) : value;
      return address === "" ? bad(legacy, `is empty; ${example}`) : fine(address);
    }
    case "email-status":
      return readEmailStatus(value);
    case "smtp": {
      const host = /^[0-9A-Za-z._+-]+/.exec(value)?.[0];
      if (host === undefined) return bad(legacy, `${shown} is not a host name; ${example}`);
      return fine(host, ignoredRest(value, host, "host"));
    }
    case "removed":
      return bad(legacy, `is no longer a directive; ${example}`);
    case "virtual":
    case "real":
    case "fallback":
      return { problems: [] };
  }
}

function readNumber(value: string, directive: Directive, legacy: string | undefined): Reading {
  const digits = /\d+/.exec(value)?.[0];
  const what = "a whole number";
  if (digits === undefined) {
    return bad(legacy, `${JSON.stringify(value)} is not ${what}; write ${directive.example}`);
  }
  const number = Number(digits);
  if (directive.kind === "positive" && number === 0) {
    return bad(legacy, `must be 1 or more; write ${directive.example}`);
  }
  const max = directive.name === "persistent" ? maxPersistence : maxSeconds;
  const taken = Math.min(number, max);
  const isPlain = /^\d+$/.test(strip(value));
  if (taken !== number) return fine(taken, warn(`${digits} is too large; taken as ${taken}`));
  if (!isPlain) return fine(taken, warn(`${JSON.stringify(value)} is taken as ${taken}`));
  return fine(taken);
}

function readPort(value: string, legacy: string | undefined): Reading {
  const digits = /\d+/.exec(value)?.[0];
  if (digits === undefined) {
    return bad("invalid port", `${JSON.stringify(value)} is not a port number; write checkport=80`);
  }
  const port = Number(digits);
  if (port < 1 || port > 65535) return bad(legacy, `${digits} is not in the range 1 to 65535`);
  if (/^\d+$/.test(strip(value))) return fine(port);
  return fine(port, warn(`${JSON.stringify(value)} is taken as ${port}`));
}

function readYesNo(value: string, name: string, legacy: string | undefined): Reading {
  if (value === "yes" || value === "no") return fine(value === "yes");
  const word = strip(value).toLowerCase();
  const meant = { true: "yes", on: "yes", 1: "yes", false: "no", off: "no", 0: "no" }[word];
  const near = meant ?? nearestWord(word, ["yes", "no"]);
  const hint = near === undefined ? `write ${name}=yes or ${name}=no` : `write ${name}=${near}`;
  return bad(legacy, `${JSON.stringify(value)} is neither yes nor no; ${hint}`);
}

/** From the first to the last double quote; the original takes what is behind as nothing. */
function readQuoted(statement: Statement, directive: Directive, scope: Scope): Reading {
  const { value } = statement;
  const last = value.lastIndexOf('"');
  if (!value.startsWith('"') || last === 0) {
    const what =
      value.startsWith('"') || value.endsWith('"')
        ? "one of the two double quotes is missing"
        : "the value must stand in double quotes";
    return bad(legacyUnknown(statement.raw, scope), `${what}; write ${directive.example}`);
  }
  const text = value.slice(1, last);
  const legacy = scope === "G" ? directive.badGlobal : directive.badVirtual;
  if (legacy !== undefined && text === "") {
    return bad(legacy, "is empty; leave the line out to have none");
  }
  if (directive.name === "load" && !/\w/.test(text)) return bad(legacy, "holds no word");
  if (text === "") return { problems: [warn("is empty, so it has no effect")] };
  const rest = value.slice(last + 1).trim();
  return rest === ""
    ? fine(text)
    : fine(text, warn("what stands behind the closing quote is ignored"));
}

/** One pair around the whole, when there is nothing to doubt. */
const strip = (value: string): string =>
  /^"[^"]*"$/.test(value) ? value.slice(1, -1).trim() : value;

function takeQuotesOff(value: string, scope: Scope, endsAtQuote: boolean): string {
  if (endsAtQuote) return /^"?([^"]*)/.exec(value)?.[1]?.trim() ?? "";
  // A global command goes to a shell, which has its own idea of a pair of quotes inside it.
  if (scope === "G") return strip(value);
  return /^"(.*)"/s.exec(value)?.[1] ?? value;
}

function ignoredRest(value: string, taken: string, what: string): Problem | undefined {
  if (strip(value) === taken) return undefined;
  return warn(`${JSON.stringify(value)} is taken as ${what} "${taken}"; the rest is ignored`);
}

function readWord(
  value: string,
  pattern: RegExp,
  words: readonly string[],
  legacy: string | undefined,
  what: string,
): Reading {
  const word = pattern.exec(value)?.[0] ?? "";
  if (words.includes(word)) return fine(word, ignoredRest(value, word, what));
  const list = words.join(", ");
  const hint = suggestion(word, words) || `; it is one of ${list}`;
  return bad(legacy, `${JSON.stringify(value)} is no ${what}${hint}`);
}

function readCheckType(value: string, legacy: string | undefined): Reading {
  const digits = /\d+/.exec(value)?.[0];
  if (digits === undefined) {
    return readWord(value, /[\w-]+/, checkTypeNames, legacy, "checktype");
  }
  const turns = Math.min(Number(digits), Number.MAX_SAFE_INTEGER);
  if (/^\d+$/.test(strip(value))) return fine({ turns });
  return fine(
    { turns },
    warn(`${JSON.stringify(value)} holds a digit: taken as checktype=${turns}`),
  );
}

function readScheduler(value: string, legacy: string | undefined): Reading {
  const word = /[a-z]+/.exec(value)?.[0];
  if (word === undefined) {
    const hint = suggestion(value, schedulerNames);
    return bad(legacy, `${JSON.stringify(value)} is not in lower-case letters${hint}`);
  }
  const isKnown = schedulerNames.includes(word);
  const unknown = `"${word}" is no scheduler of a mainline kernel${suggestion(word, schedulerNames)}`;
  return fine(word, ignoredRest(value, word, "scheduler"), isKnown ? undefined : warn(unknown));
}

function readProtocol(value: string, legacy: string | undefined, isFwmark: boolean): Reading {
  const word = /\w+/.exec(value)?.[0];
  if (word === undefined) return bad(legacy, "is empty; write protocol=tcp or protocol=udp");
  if (isFwmark) {
    if (word === "fwm") return fine(word);
    return bad(
      "protocol must be fwm if the virtual service is a fwmark (a number)",
      `"${word}" does not go with a firewall mark; take the line out, or write protocol=fwm`,
    );
  }
  if (word === "tcp" || word === "udp") return fine(word, ignoredRest(value, word, "protocol"));
  return bad(
    "protocol must be tcp or udp if the virtual service is an address and port",
    `"${word}" is neither tcp nor udp${suggestion(word, ["tcp", "udp"])}`,
  );
}

const emailStates = ["all", "none", "starting", "running", "stopping", "reloading"];

function readEmailStatus(value: string): Reading {
  const words = value === "" ? [] : value.split(/\s*,\s*/);
  while (words.at(-1) === "") words.pop();
  for (const word of words) {
    if (word === "none") continue;
    if (!emailStates.includes(word)) {
      const hint = suggestion(word, emailStates) || `; it is one of ${emailStates.join(", ")}`;
      return bad(`invalid email alert status at: "${word}"`, `"${word}" is no status${hint}`);
    }
    if (words.includes("none")) {
      const old = `invalid email alert status: "${word}" specified with "none"`;
      return bad(old, '"none" must stand alone');
    }
  }
  return fine(words.join(","));
}
