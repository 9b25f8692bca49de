import { ok } from "../src/model/result.ts";
import type { Secret } from "../src/model/secret.ts";
import {
  type Check,
  type CheckSettings,
  type DownVerdict,
  down,
  up,
  type Verdict,
} from "./check.ts";
import { bytesAsText, oneLine } from "./lib/detail.ts";
import {
  bindRequest,
  type LdapMessage,
  nameIn,
  nextMessage,
  operation,
  resultIn,
  searchRequest,
} from "./lib/ldap-message.ts";
import { masked } from "./lib/mask.ts";
import { preparing, type Search } from "./lib/receive/expected.ts";
import { withoutSlash } from "./lib/request.ts";
import { serverWords } from "./lib/server-words.ts";
import { DownNow, dialogue, type Session, type TlsOptions } from "./lib/stream/dialogue.ts";
import { serverNameOf } from "./lib/stream/tls.ts";

/** LDAP and LDAPS: up when the entry named by `request` is there and `receive`, if set, is found in its DN. */
const ldap: Check = {
  services: [
    { name: "ldap", port: 389, tlsOnDemand: "ldaps" },
    { name: "ldaps", port: 636 },
  ],
  needsPort: true,
  prepare(settings) {
    const { service, receive, login, passwd, virtualHost } = settings;
    const timeoutMs = settings.checkTimeoutMs;
    const question: Question = {
      // Either alone is none: then the bind is anonymous.
      bind: login && passwd ? { dn: login, passwd } : undefined,
      base: withoutSlash(settings.request ?? ""),
    };
    const tls: TlsOptions | undefined =
      service === "ldaps"
        ? { serverName: serverNameOf(virtualHost ?? ""), verifyChain: false }
        : undefined;
    return preparing(receive, ok(question), (asked, expected) =>
      masked(settings, {
        timeoutMs,
        probeKey: samenessOf(settings, tls),
        probe: (target, signal) =>
          dialogue(target, { signal, ...(tls === undefined ? {} : { tls }) }, (session) =>
            ask(session, asked, expected?.search(target, signal, timeoutMs)),
          ),
        monitorWords,
      }),
    );
  },
};
export default ldap;

const isConnecting: ReadonlySet<string> = new Set(["refused", "unreachable", "tls"]);

function monitorWords({ reason }: DownVerdict): string {
  if (reason === "auth") return "Bind failed";
  return isConnecting.has(reason) ? "Connection failed" : "No answer received";
}

const samenessOf = (
  { request, receive, login, passwd }: CheckSettings,
  tls: TlsOptions | undefined,
): string => JSON.stringify([request, receive, login, passwd?.reveal(), tls ?? null]);

interface Question {
  readonly bind: { readonly dn: string; readonly passwd: Secret } | undefined;
  readonly base: string;
}

const bindId = 1;
const searchId = 2;
const searchAnswers = [
  operation.searchEntry,
  operation.searchReference,
  operation.searchDone,
] as const;

async function ask(
  session: Session,
  { bind, base }: Question,
  search: Search | undefined,
): Promise<Verdict> {
  session.send(bindRequest(bindId, bind?.dn ?? "", bind?.passwd.reveal() ?? ""));
  const bound = await answerTo(session, bindId, [operation.bindResponse], bind?.passwd);
  expectSuccess("bind", bound, bind?.passwd);

  session.send(searchRequest(searchId, base));
  let name: string | undefined;
  for (let entries = 0; ; ) {
    const answer = await answerTo(session, searchId, searchAnswers, bind?.passwd);
    if (answer.type === operation.searchEntry) {
      name ??= nameIn(answer.content);
      entries++;
    }
    if (answer.type !== operation.searchDone) continue;
    expectSuccess("search", answer, bind?.passwd);
    if (entries !== 1) return down("mismatch", `${entries || "no"} entries for "${base}"`);
    return judge(name ?? "", search);
  }
}

/** @param name as latin1 */
async function judge(name: string, search: Search | undefined): Promise<Verdict> {
  const words = oneLine(bytesAsText(name));
  if (search === undefined || (await search.firstOf([name])) !== undefined) {
    return { ...up(name === "" ? "the root entry" : words), monitored: "Success" };
  }
  const what = `receive is not in the DN "${words}"`;
  return { ...down("mismatch", what), monitored: "Response mismatch" };
}

/** The next message, when it is what may come; a second answer to an earlier request is passed over. Throws DownNow when it is not. */
async function answerTo(
  session: Session,
  id: number,
  types: readonly number[],
  passwd: Secret | undefined,
): Promise<LdapMessage> {
  let message = await nextMessage(session);
  while (message.id > 0 && message.id < id) message = await nextMessage(session);
  if (message.id === 0 && message.type === operation.notice) {
    const { code, words } = resultIn(message.content);
    throw new DownNow("status", describe("the server ends the connection", code, words, passwd));
  }
  if (message.id !== id || !types.includes(message.type)) {
    throw new DownNow("protocol", "an answer that does not belong to what was asked");
  }
  return message;
}

/** Result codes of RFC 4511 §4.1.9 that are likely here. */
const names: ReadonlyMap<number, string> = new Map([
  [1, "operationsError"],
  [2, "protocolError"],
  [3, "timeLimitExceeded"],
  [7, "authMethodNotSupported"],
  [8, "strongerAuthRequired"],
  [10, "referral"],
  [11, "adminLimitExceeded"],
  [13, "confidentialityRequired"],
  [32, "noSuchObject"],
  [34, "invalidDNSyntax"],
  [48, "inappropriateAuthentication"],
  [49, "invalidCredentials"],
  [50, "insufficientAccessRights"],
  [51, "busy"],
  [52, "unavailable"],
  [53, "unwillingToPerform"],
  [80, "other"],
]);
/** Those that say nothing about the login, even when a bind is refused with them. */
const notTheLogin: ReadonlySet<number> = new Set([1, 2, 3, 51, 52, 80]);
/** Those that are about the login, even when a search is refused with them. */
const theLogin: ReadonlySet<number> = new Set([8, 13, 50]);

function expectSuccess(
  step: "bind" | "search",
  { content }: LdapMessage,
  passwd: Secret | undefined,
): void {
  const { code, words } = resultIn(content);
  if (code === 0) return;
  const isAuth = theLogin.has(code) || (step === "bind" && !notTheLogin.has(code));
  throw new DownNow(isAuth ? "auth" : "status", describe(`${step} refused`, code, words, passwd));
}

function describe(what: string, code: number, words: string, passwd: Secret | undefined): string {
  const name = names.get(code);
  const number = name === undefined ? `result code ${code}` : `${name} (${code})`;
  return oneLine(`${what}: ${number}${words === "" ? "" : `: ${serverWords(words, passwd)}`}`);
}
