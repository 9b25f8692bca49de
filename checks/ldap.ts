import { err, ok } from "../src/model/result.ts";
import { type Check, type CheckSettings, down, up, type Verdict } from "./check.ts";
import { bytesAsText, oneLine } from "./lib/detail.ts";
import { DownNow, dialogue, type Session, type TlsOptions } from "./lib/dialogue.ts";
import {
  bindRequest,
  type LdapMessage,
  nameIn,
  nextMessage,
  operation,
  resultIn,
  searchRequest,
} from "./lib/ldap-message.ts";
import { compilePattern, type Pattern } from "./lib/pattern.ts";
import { serverNameOf } from "./lib/tls.ts";

/** LDAP and LDAPS: up when the entry named by `request` is there and `receive`, if set, is found in its DN. */
const ldap: Check = {
  services: ["ldap", "ldaps"],
  needsPort: true,
  prepare(settings) {
    const { service, receive, login, passwd, virtualHost } = settings;
    const pattern = receive === undefined ? undefined : compilePattern(receive);
    if (pattern?.ok === false) return err([`receive: ${pattern.error}`]);
    const question: Question = {
      // Either alone is none: then the bind is anonymous.
      bind: login && passwd ? { dn: login, password: () => passwd.reveal() } : undefined,
      base: (settings.request ?? "").replace(/^\//, ""),
      pattern: pattern?.value,
    };
    const tls: TlsOptions | undefined =
      service === "ldaps"
        ? { serverName: serverNameOf(virtualHost ?? ""), verifyChain: false }
        : undefined;
    return ok({
      timeoutMs: settings.checkTimeoutMs,
      sameness: samenessOf(settings, tls),
      probe: (target, signal) =>
        dialogue(target, { signal, ...(tls === undefined ? {} : { tls }) }, (session) =>
          ask(session, question),
        ),
    });
  },
};
export default ldap;

const samenessOf = (
  { request, receive, login, passwd }: CheckSettings,
  tls: TlsOptions | undefined,
): string => JSON.stringify([request, receive, login, passwd?.reveal(), tls ?? null]);

interface Question {
  readonly bind: { readonly dn: string; readonly password: () => string } | undefined;
  readonly base: string;
  readonly pattern: Pattern | undefined;
}

const bindId = 1;
const searchId = 2;

async function ask(session: Session, { bind, base, pattern }: Question): Promise<Verdict> {
  session.send(bindRequest(bindId, bind?.dn ?? "", bind?.password() ?? ""));
  expectSuccess("bind", await answerTo(session, bindId, [operation.bindResponse]));

  session.send(searchRequest(searchId, base));
  let name: string | undefined;
  for (let entries = 0; ; ) {
    const answer = await answerTo(session, searchId, [
      operation.searchEntry,
      operation.searchReference,
      operation.searchDone,
    ]);
    if (answer.type === operation.searchEntry) {
      name ??= nameIn(answer.content);
      entries++;
    }
    if (answer.type !== operation.searchDone) continue;
    expectSuccess("search", answer);
    if (entries !== 1) return down("mismatch", `${entries || "no"} entries for "${base}"`);
    return judge(name ?? "", pattern);
  }
}

/** @param name as latin1 */
function judge(name: string, pattern: Pattern | undefined): Verdict {
  const words = oneLine(bytesAsText(name));
  if (pattern === undefined || pattern.matches(name)) {
    return { ...up(name === "" ? "the root entry" : words), monitored: "Success" };
  }
  const what = `receive is not in the DN "${words}"`;
  return { ...down("mismatch", what), monitored: "Response mismatch" };
}

/** The next message, when it is what may come. Throws DownNow when it is not. */
async function answerTo(
  session: Session,
  id: number,
  types: readonly number[],
): Promise<LdapMessage> {
  const message = await nextMessage(session);
  if (message.id === 0 && message.type === operation.notice) {
    const { code, words } = resultIn(message.content);
    throw new DownNow("status", describe("the server ends the connection", code, words));
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

function expectSuccess(step: "bind" | "search", { content }: LdapMessage): void {
  const { code, words } = resultIn(content);
  if (code === 0) return;
  const isAuth = theLogin.has(code) || (step === "bind" && !notTheLogin.has(code));
  throw new DownNow(isAuth ? "auth" : "status", describe(`${step} refused`, code, words));
}

function describe(what: string, code: number, words: string): string {
  const name = names.get(code);
  const number = name === undefined ? `result code ${code}` : `${name} (${code})`;
  return oneLine(`${what}: ${number}${words === "" ? "" : `: ${bytesAsText(words)}`}`);
}
