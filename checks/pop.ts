import { createHash, createHmac } from "node:crypto";
import { ok } from "../src/model/result.ts";
import { Secret } from "../src/model/secret.ts";
import { type Check, down, up } from "./check.ts";
import { masked } from "./lib/mask.ts";
import { serverWords } from "./lib/server-words.ts";
import { DownNow, dialogue, type Session, verifiedTls } from "./lib/stream/dialogue.ts";

/**
 * POP3, from the first byte in TLS for `pops`: up when the greeting is +OK, and with `login` when that
 * is accepted. RFC 1939.
 */
const pop: Check = {
  services: [
    { name: "pop", port: 110, tlsOnDemand: "pops" },
    { name: "pops", port: 995 },
  ],
  needsPort: true,
  prepare({ service, virtualHost, login = "", passwd = new Secret(""), negotiateTimeoutMs }) {
    const tls = service === "pops" ? verifiedTls(virtualHost) : undefined;
    return ok(
      masked(
        { passwd, login },
        {
          timeoutMs: negotiateTimeoutMs,
          probeKey: JSON.stringify([tls, login, passwd.reveal()]),
          probe: (target, signal) =>
            dialogue(target, { signal, tls }, async (session) => {
              const greeting = await session.line();
              if (greeting.startsWith("-ERR")) return down("status", serverWords(greeting));
              if (!isOk(greeting)) return down("protocol", `not POP3: ${serverWords(greeting)}`);
              const said =
                login === "" ? greeting : await logIn(session, greeting, { login, passwd });
              // Its answer changes nothing, so nobody waits for it.
              session.send("QUIT\r\n");
              return up(serverWords(said, passwd));
            }),
        },
      ),
    );
  },
};
export default pop;

interface Credentials {
  readonly login: string;
  readonly passwd: Secret;
}

const isOk = (reply: string): boolean => reply.startsWith("+OK");

function ask(session: Session, command: string): Promise<string> {
  session.send(`${command}\r\n`);
  return session.line();
}

/**
 * By what keeps the password off the wire when the server offers it, then by the plain one: APOP,
 * CRAM-MD5, USER and PASS. Many servers offer what they then cannot do with the passwords they keep.
 * @returns what the server says to the one that it accepts
 * @throws DownNow when none is accepted
 */
async function logIn(session: Session, greeting: string, who: Credentials): Promise<string> {
  const stamp = greeting.match(/<[^<>\s]+>/g)?.find((word) => word.slice(2, -2).includes("@"));
  if (stamp !== undefined) {
    const digest = createHash("md5")
      .update(Buffer.from(stamp, "latin1"))
      .update(who.passwd.reveal())
      .digest("hex");
    const reply = await ask(session, `APOP ${who.login} ${digest}`);
    if (isOk(reply)) return reply;
  }
  const reply = (await offersCramMd5(session)) ? await cramMd5(session, who) : "";
  if (isOk(reply)) return reply;
  const byWord = async (command: "USER" | "PASS", word: string): Promise<string> => {
    const said = await ask(session, `${command} ${word}`);
    if (!isOk(said)) throw refusal(command, said, who.passwd);
    return said;
  };
  await byWord("USER", who.login);
  return byWord("PASS", who.passwd.reveal());
}

/** From the list that CAPA gives, up to its line of one dot. RFC 2449 §5, RFC 5034 §3. */
async function offersCramMd5(session: Session): Promise<boolean> {
  if (!isOk(await ask(session, "CAPA"))) return false;
  let isOffered = false;
  for (;;) {
    const line = await session.line();
    if (line === ".") return isOffered;
    if (/^SASL(?= ).* CRAM-MD5(?= |$)/i.test(line)) isOffered = true;
  }
}

/** RFC 2195 §2. @returns its last word; "" when it has no challenge for us */
async function cramMd5(session: Session, { login, passwd }: Credentials): Promise<string> {
  const [, challenge] = /^\+ (\S+)$/.exec(await ask(session, "AUTH CRAM-MD5")) ?? [];
  if (challenge === undefined) return "";
  const digest = createHmac("md5", passwd.reveal())
    .update(Buffer.from(challenge, "base64"))
    .digest("hex");
  return ask(session, Buffer.from(`${login} ${digest}`).toString("base64"));
}

/** Response codes that say the trouble is the server's and not the login's: RFC 2449 §8, RFC 3206 §4. */
const serverTrouble = /^-ERR \[(IN-USE|SYS\/|LOGIN-DELAY)/i;

function refusal(command: string, reply: string, passwd: Secret): DownNow {
  const said = serverWords(reply, passwd);
  if (!reply.startsWith("-ERR")) return new DownNow("protocol", `not POP3: ${said}`);
  return new DownNow(serverTrouble.test(reply) ? "status" : "auth", `${command}: ${said}`);
}
