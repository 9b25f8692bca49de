import type { Client } from "ldapts";
import { err, ok } from "../src/model/result.ts";
import { type Check, type CheckSettings, down, up, type Verdict } from "./check.ts";
import { oneLine } from "./lib/detail.ts";
import { DownNow, maxLineBytes } from "./lib/dialogue.ts";
import { framesOf } from "./lib/frames.ts";
import { type Guard, underGuard } from "./lib/guard.ts";
import { library } from "./lib/library.ts";
import { compilePattern, type Pattern } from "./lib/pattern.ts";
import { openTcp } from "./lib/tcp.ts";
import { serverNameOf } from "./lib/tls.ts";

const ldapts = library("ldapts", () => import("ldapts"));

/** LDAP and LDAPS: up when the entry named by `request` is there and `receive`, if set, is found in its DN. */
const ldap: Check = {
  services: ["ldap", "ldaps"],
  needsPort: true,
  prepare(settings) {
    const { service, receive, login, passwd, virtualHost } = settings;
    const pattern = receive === undefined ? undefined : compilePattern(receive);
    if (pattern?.ok === false) return err([`receive: ${pattern.error}`]);
    const question = {
      // Either alone is none: then the bind is anonymous.
      bind: login && passwd ? { dn: login, password: () => passwd.reveal() } : undefined,
      base: (settings.request ?? "").replace(/^\//, ""),
      pattern: pattern?.value,
    };
    const serverName = service === "ldaps" ? serverNameOf(virtualHost ?? "") : undefined;
    return ok({
      timeoutMs: settings.checkTimeoutMs,
      sameness: samenessOf(settings, serverName),
      probe: (target, signal) =>
        underGuard(signal, async (guard) => {
          const { Client } = await guard.until(ldapts());
          const frames = framesOf(messages);
          const isPlain = serverName === undefined;
          const tcp = guard.watch(await openTcp(target, signal), isPlain ? frames : undefined);
          const socket = isPlain ? tcp : await guard.startTls(tcp, serverName, frames);
          // The socket does what the scheme says; the URL is only asked for its form.
          return ask(
            guard,
            new Client({ url: "ldap://real", createConnection: () => socket }),
            question,
          );
        }),
    });
  },
};
export default ldap;

const samenessOf = (
  { request, receive, login, passwd }: CheckSettings,
  serverName: string | undefined,
): string => JSON.stringify([request, receive, login, passwd?.reveal(), serverName ?? null]);

/** A SEQUENCE, its length in one byte, or 0x80 + n and n bytes big-endian. RFC 4511 §5.1, X.690 §8.1.3. */
const messages = {
  maxHeaderBytes: 6,
  // A bind, one entry and the end of a search; a few referrals or notices beside.
  maxFrames: 64,
  lengthOf(header: Buffer): number | undefined {
    if (header[0] !== 0x30) throw new DownNow("protocol", "the answer is none of LDAP");
    const first = header[1];
    if (first === undefined) return undefined;
    const lengthBytes = first < 0x80 ? 0 : first - 0x80;
    if (first === 0x80 || lengthBytes > 4) {
      throw new DownNow("protocol", "the answer is none of LDAP");
    }
    if (header.length < 2 + lengthBytes) return undefined;
    const content = lengthBytes === 0 ? first : header.readUIntBE(2, lengthBytes);
    if (content > maxLineBytes) throw new DownNow("protocol", `a message of ${content} bytes`);
    return 2 + lengthBytes + content;
  },
};

interface Question {
  readonly bind: { readonly dn: string; readonly password: () => string } | undefined;
  readonly base: string;
  readonly pattern: Pattern | undefined;
}

async function ask(guard: Guard, client: Client, question: Question): Promise<Verdict> {
  const { bind, base, pattern } = question;
  const binding = client.bind(bind?.dn ?? "", bind?.password() ?? "");
  await guard.ask(binding, (error) => refusalOf(error, "bind"));
  const search = client.search(base, {
    scope: "base",
    filter: "(objectClass=*)",
    // No attributes, RFC 4511 §4.5.1.8: an entry may be large, and only its name counts.
    attributes: ["1.1"],
  });
  const { searchEntries: entries } = await guard.ask(search, (error) => refusalOf(error, "search"));
  const [entry] = entries;
  if (entry === undefined || entries.length > 1) {
    return down(
      "mismatch",
      `${entries.length === 0 ? "no" : entries.length} entries for "${base}"`,
    );
  }
  const name = oneLine(entry.dn);
  if (pattern === undefined || pattern.matches(Buffer.from(entry.dn, "utf8").toString("latin1"))) {
    return up(entry.dn === "" ? "the root entry" : name);
  }
  return down("mismatch", `receive is not in the DN "${name}"`);
}

/** Result codes of RFC 4511 §4.1.9 that say nothing about the login, wherever they are given. */
const notTheLogin: ReadonlySet<number> = new Set([
  1, // operationsError
  2, // protocolError
  3, // timeLimitExceeded
  51, // busy
  52, // unavailable
  80, // other
]);
const insufficientAccessRights = 50;
const strongerAuthRequired = 8;

function refusalOf(error: unknown, step: "bind" | "search"): Verdict | undefined {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "number") {
    return undefined;
  }
  const { code, name, message } = error;
  const isAuth =
    code === insufficientAccessRights ||
    code === strongerAuthRequired ||
    (step === "bind" && !notTheLogin.has(code));
  const said = message.replace(/ ?Code: 0x[0-9a-f]+$/, "");
  const what = name.replace(/Error$/, "");
  return down(
    isAuth ? "auth" : "status",
    oneLine(`${step} refused: ${what} (${code})${said === "" ? "" : `: ${said}`}`),
  );
}
