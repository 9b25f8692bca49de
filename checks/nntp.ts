import { ok } from "../src/model/result.ts";
import { type Check, down, up } from "./check.ts";
import { dialogue } from "./lib/dialogue.ts";
import { serverWords } from "./lib/server-words.ts";

/** NNTP: up when the greeting's code begins with 2. Nothing is sent. RFC 3977 §5.1. */
const nntp: Check = {
  services: ["nntp"],
  needsPort: true,
  prepare: ({ negotiateTimeoutMs }) =>
    ok({
      timeoutMs: negotiateTimeoutMs,
      sameness: "",
      probe: (target, signal) =>
        dialogue(target, { signal }, async (session) => {
          const greeting = await session.line();
          const said = serverWords(greeting);
          if (greeting.startsWith("2")) return up(said);
          return /^\d{3}(?!\d)/.test(greeting)
            ? down("status", said)
            : down("protocol", `not NNTP: ${said}`);
        }),
    }),
};
export default nntp;
