import { ok } from "../src/model/result.ts";
import { type Check, down, up } from "./check.ts";
import { serverWords } from "./lib/server-words.ts";
import { dialogue } from "./lib/stream/dialogue.ts";

/** NNTP: up when the greeting's code begins with 2. Nothing is sent. RFC 3977 §5.1. */
const nntp: Check = {
  services: [{ name: "nntp", port: 119 }],
  needsPort: true,
  prepare: ({ negotiateTimeoutMs }) =>
    ok({
      timeoutMs: negotiateTimeoutMs,
      probeKey: "",
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
