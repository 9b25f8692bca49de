import { ok } from "../src/model/result.ts";
import type { Secret } from "../src/model/secret.ts";
import { type Check, down, up, type Verdict } from "./check.ts";
import { masked } from "./lib/mask.ts";
import { serverWords } from "./lib/server-words.ts";
import { dialogue } from "./lib/stream/dialogue.ts";

/**
 * Redis, and what speaks its protocol: up when PING is answered with PONG; before it AUTH, with `passwd`, and with
 * `login` as a user of the access list. https://redis.io/docs/latest/develop/reference/protocol-spec/
 */
const redis: Check = {
  services: [{ name: "redis", port: 6379 }],
  needsPort: true,
  prepare(settings) {
    const { login, passwd, negotiateTimeoutMs } = settings;
    const isLoggingIn = login !== undefined || passwd !== undefined;
    const user = login === undefined ? [] : [login];
    return ok(
      masked(settings, {
        timeoutMs: negotiateTimeoutMs,
        probeKey: JSON.stringify([login, passwd?.reveal()]),
        probe: (target, signal) =>
          dialogue(target, { signal }, async (session) => {
            if (isLoggingIn) {
              session.send(commandOf(["AUTH", ...user, passwd?.reveal() ?? ""]));
              const reply = await session.line();
              if (reply !== "+OK") return refused("AUTH", reply, passwd);
            }
            session.send(commandOf(["PING"]));
            const reply = await session.line();
            return reply === "+PONG" ? up("PONG") : refused("PING", reply, passwd);
          }),
      }),
    );
  },
};
export default redis;

/** An array of strings, each with its length in bytes before it: nothing in one can end it. */
const commandOf = (words: readonly string[]): string =>
  [`*${words.length}`, ...words.flatMap((word) => [`$${Buffer.byteLength(word)}`, word]), ""].join(
    "\r\n",
  );

/** Errors that say nothing about the login, though AUTH is answered with them. */
const notTheLogin = /^-(LOADING|BUSY|MASTERDOWN|DENIED|ERR max number of clients)\b/;
/** Errors that are about the login, though PING is answered with them. */
const theLogin = /^-(NOAUTH|NOPERM|WRONGPASS)\b/;

function refused(command: "AUTH" | "PING", reply: string, passwd: Secret | undefined): Verdict {
  const said = serverWords(reply, passwd);
  if (!reply.startsWith("-")) return down("protocol", `not Redis: ${said}`);
  const isAuth = command === "AUTH" ? !notTheLogin.test(reply) : theLogin.test(reply);
  return down(isAuth ? "auth" : "status", `${command}: ${said}`);
}
