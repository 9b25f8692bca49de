import type { ServiceWords } from "../../model/service-words.ts";
import type { Directive, Scope } from "../text/directives.ts";
import { checkTypeFor, schedulerFor } from "../text/other-words.ts";
import { meantFlag, shown as quotedShown, rightForm } from "../text/right-form.ts";
import type { Statement } from "../text/statement.ts";
import { suggestion } from "../text/suggestion.ts";
import { legacyUnknown } from "../text/unknown-line.ts";
import { checkTypeNames, schedulerNames } from "../text/words.ts";
import { bad, fine, ignoredRest, type Reading, strip, type ValueContext, warn } from "./reading.ts";
import { readNetmask, readSchedulerFlags } from "./scheduling.ts";
import { readService } from "./service.ts";

/** Longest time in seconds that a timer can hold: 2^31-1 ms. */
const maxSeconds = 2_147_483;
/** The limit of `ipvsadm -p`: 31 days. */
const maxPersistence = 2_678_400;

/** Reads one statement's value. `virtual`, `real` and `fallback` are read by their own files. */
export function readValue(
  statement: Statement,
  directive: Directive,
  context: ValueContext,
): Reading {
  const legacy = context.scope === "G" ? directive.badGlobal : directive.badVirtual;
  const { value } = statement;
  const example = `write ${directive.example}`;
  const shown = quotedShown(value);

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
      return readPort(value, legacy, context.services);
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
      return readCheckType(value, legacy, context.services);
    case "service":
      return readService(value, legacy, context.services);
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
      const right = `write ${rightForm(directive, value)}`;
      if (host === undefined && /^["']/.test(value)) {
        return bad(legacy, `quotes are not allowed here; ${right}`);
      }
      if (host === undefined) return bad(legacy, `${shown} is not a host name; ${right}`);
      if (value.startsWith(`${host}:`)) {
        const place = "another port than 25 is for [email] smtp-port in ldirectord-ng.ini";
        return fine(host, warn(`${shown} is taken as host "${host}"; ${place}`));
      }
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

function readPort(value: string, legacy: string | undefined, services: ServiceWords): Reading {
  const digits = /\d+/.exec(value)?.[0];
  if (digits === undefined) {
    const right = `write checkport=${services.get(strip(value))?.port ?? 80}`;
    return bad("invalid port", `${JSON.stringify(value)} is not a port number; ${right}`);
  }
  const port = Number(digits);
  if (port < 1 || port > 65535) return bad(legacy, `${digits} is not in the range 1 to 65535`);
  if (/^\d+$/.test(strip(value))) return fine(port);
  return fine(port, warn(`${JSON.stringify(value)} is taken as ${port}`));
}

function readYesNo(value: string, name: string, legacy: string | undefined): Reading {
  if (value === "yes" || value === "no") return fine(value === "yes");
  const meant = meantFlag(value);
  const hint = meant === undefined ? `write ${name}=yes or ${name}=no` : `write ${name}=${meant}`;
  if (/^"(yes|no)"$/.test(value)) return bad(legacy, `quotes are not allowed here; ${hint}`);
  return bad(legacy, `${quotedShown(value)} is neither yes nor no; ${hint}`);
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
    const right = rightForm(directive, value);
    return bad(legacyUnknown(statement.raw, scope), `${what}; write ${right}`);
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

function takeQuotesOff(value: string, scope: Scope, endsAtQuote: boolean): string {
  if (endsAtQuote) return /^"?([^"]*)/.exec(value)?.[1]?.trim() ?? "";
  // A global command goes to a shell, which has its own idea of a pair of quotes inside it.
  if (scope === "G") return strip(value);
  return /^"(.*)"/s.exec(value)?.[1] ?? value;
}

function readCheckType(value: string, legacy: string | undefined, services: ServiceWords): Reading {
  const digits = /\d+/.exec(value)?.[0];
  if (digits === undefined) {
    const word = strip(value);
    if (services.has(word)) {
      return bad(legacy, `"${word}" is a service; write checktype=negotiate and service=${word}`);
    }
    const meant = checkTypeFor(word);
    if (meant !== undefined)
      return bad(legacy, `"${word}" is no checktype; write checktype=${meant}`);
    return readCheckTypeWord(value, legacy);
  }
  const turns = Math.min(Number(digits), Number.MAX_SAFE_INTEGER);
  if (/^\d+$/.test(strip(value))) return fine({ turns });
  return fine(
    { turns },
    warn(`${JSON.stringify(value)} holds a digit: taken as checktype=${turns}`),
  );
}

function readCheckTypeWord(value: string, legacy: string | undefined): Reading {
  const word = /[\w-]+/.exec(value)?.[0] ?? "";
  if ((checkTypeNames as readonly string[]).includes(word))
    return fine(word, ignoredRest(value, word, "checktype"));
  const near = suggestion(word, checkTypeNames);
  const list = near === "" ? `it is one of ${checkTypeNames.join(", ")}` : undefined;
  return bad(legacy, `${JSON.stringify(value)} is no checktype${near}`, list);
}

function readScheduler(value: string, legacy: string | undefined): Reading {
  const word = /[a-z]+/.exec(value)?.[0];
  const meant = schedulerFor(strip(value));
  if (word === undefined) {
    const hint =
      meant === undefined ? suggestion(value, schedulerNames) : `; write scheduler=${meant}`;
    return bad(legacy, `${JSON.stringify(value)} is not in lower-case letters${hint}`);
  }
  if (meant !== undefined) {
    return fine(
      word,
      warn(`"${word}" is no scheduler of a mainline kernel; write scheduler=${meant}`),
    );
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
