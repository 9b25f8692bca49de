import { ok } from "../src/model/result.ts";
import type { Secret } from "../src/model/secret.ts";
import { type Check, down, up } from "./check.ts";
import { masked } from "./lib/mask.ts";
import { serverWords } from "./lib/server-words.ts";
import { DownNow, dialogue, type Session, verifiedTls } from "./lib/stream/dialogue.ts";

/**
 * IMAP, from the first byte in TLS for `imaps`: up when the greeting is OK or PREAUTH, and with
 * `login` when that is accepted. No mailbox is opened. RFC 9051 §7.1, §6.2.3.
 */
const imap: Check = {
  services: [
    { name: "imap", port: 143, tlsOnDemand: "imaps" },
    { name: "imaps", port: 993 },
  ],
  needsPort: true,
  prepare({ service, virtualHost, login = "", passwd, negotiateTimeoutMs }) {
    const tls = service === "imaps" ? verifiedTls(virtualHost) : undefined;
    return ok(
      masked(
        { passwd, login },
        {
          timeoutMs: negotiateTimeoutMs,
          probeKey: JSON.stringify([tls, login, passwd?.reveal()]),
          probe: (target, signal) =>
            dialogue(target, { signal, tls }, async (session) => {
              const greeting = await session.line();
              const [, state] = /^\* (OK|PREAUTH|BYE)(?= |$)/i.exec(greeting) ?? [];
              if (state === undefined)
                return down("protocol", `not IMAP: ${serverWords(greeting)}`);
              if (state.toUpperCase() === "BYE") return down("status", serverWords(greeting));
              const isLoggingIn = login !== "" && state.toUpperCase() === "OK";
              const said = isLoggingIn
                ? await logIn(session, login, passwd)
                : serverWords(withoutAbilities(greeting));
              // Its answer changes nothing, so nobody waits for it.
              session.send("c LOGOUT\r\n");
              return up(said);
            }),
        },
      ),
    );
  },
};
export default imap;

/**
 * Response codes that say the trouble is the server's and not the login's: RFC 5530 §3, and the older
 * word for a mailbox that somebody else holds.
 */
const serverTrouble = /^b NO \[(UNAVAILABLE|SERVERBUG|LIMIT|INUSE|CONTACTADMIN)\b/i;

/** @returns the server's words when it accepts @throws DownNow when it does not */
async function logIn(session: Session, login: string, passwd: Secret | undefined): Promise<string> {
  let unsent = "b LOGIN";
  for (const word of [login, passwd?.reveal() ?? ""]) {
    if (isQuotable(word)) {
      unsent += ` "${word.replace(/["\\]/g, "\\$&")}"`;
    } else {
      session.send(`${unsent} {${Buffer.byteLength(word)}}\r\n`);
      const reply = await answer(session, passwd);
      if (!reply.startsWith("+")) throw refusal(reply, passwd);
      unsent = word;
    }
  }
  session.send(`${unsent}\r\n`);
  const reply = await answer(session, passwd);
  if (/^b OK(?= |$)/i.test(reply))
    return serverWords(withoutAbilities(reply.slice("b ".length)), passwd);
  throw refusal(reply, passwd);
}

/** A quoted string holds no line ends, and is ASCII unless more was agreed on; the rest goes as a literal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the range of IMAP's QUOTED-CHAR
const isQuotable = (word: string): boolean => /^[\x01-\x09\x0b\x0c\x0e-\x7f]*$/.test(word);

/** The next line that is about our command; what else the server tells meanwhile is passed over. */
async function answer(session: Session, passwd: Secret | undefined): Promise<string> {
  for (;;) {
    const line = await session.line();
    if (/^(?:b |\+)/i.test(line)) return line;
    if (/^\* BYE(?= |$)/i.test(line)) throw new DownNow("status", serverWords(line, passwd));
    if (!line.startsWith("* "))
      throw new DownNow("protocol", `not IMAP: ${serverWords(line, passwd)}`);
  }
}

/** Many servers tell here all that they can do, which would fill the log line. */
const withoutAbilities = (reply: string): string =>
  reply.replace(/\[CAPABILITY [^[\]]*(?:\] ?|$)/i, "");

const refusal = (reply: string, passwd: Secret | undefined): DownNow => {
  if (!/^b (?:NO|BAD)(?= |$)/i.test(reply))
    return new DownNow("protocol", `not IMAP: ${serverWords(reply, passwd)}`);
  const said = serverWords(reply.slice("b ".length), passwd);
  return new DownNow(serverTrouble.test(reply) ? "status" : "auth", `LOGIN: ${said}`);
};
