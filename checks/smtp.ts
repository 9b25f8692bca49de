import { ok } from "../src/model/result.ts";
import { type Check, down, up } from "./check.ts";
import { serverWords } from "./lib/server-words.ts";
import { DownNow, dialogue, type Session } from "./lib/stream/dialogue.ts";

/** Who we say we are. RFC 5321 §4.1.1.1 wants a name with a dot in it, and some servers insist. */
const ourName = "localhost.localdomain";

/** SMTP: up when the greeting is 2xx and EHLO, or else HELO, is accepted. RFC 5321 §3.1, §3.2. */
const smtp: Check = {
  services: [
    { name: "smtp", port: 25 },
    { name: "submission", port: 587 },
  ],
  needsPort: true,
  prepare: ({ negotiateTimeoutMs }) =>
    ok({
      timeoutMs: negotiateTimeoutMs,
      probeKey: "",
      probe: (target, signal) =>
        dialogue(target, { signal }, async (session) => {
          const greeting = await reply(session);
          if (greeting.kind !== "2") return down("status", greeting.words);
          let hello = await ask(session, `EHLO ${ourName}`);
          if (hello.kind === "5") hello = await ask(session, `HELO ${ourName}`);
          if (hello.kind !== "2") return down("status", hello.words);
          // Its answer changes nothing, so nobody waits for it.
          session.send("QUIT\r\n");
          return up(greeting.words);
        }),
    }),
};
export default smtp;

interface Reply {
  /** The code's first digit: 2 yes, 4 not now, 5 no. */
  readonly kind: string;
  /** The first line, for a person. */
  readonly words: string;
}

function ask(session: Session, command: string): Promise<Reply> {
  session.send(`${command}\r\n`);
  return reply(session);
}

/** All lines of one reply: "250-first", "250 last". The last one's code counts. RFC 5321 §4.2.1. */
async function reply(session: Session): Promise<Reply> {
  const first = await session.line();
  for (let line = first; ; line = await session.line()) {
    const [, code, more] = /^(\d{3})(-?)/.exec(line) ?? [];
    if (code === undefined) throw new DownNow("protocol", `not SMTP: ${serverWords(line)}`);
    if (more === "") return { kind: code.charAt(0), words: serverWords(first) };
  }
}
