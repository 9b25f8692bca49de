import { event } from "./event.ts";
import { count, service, word } from "./fields.ts";

/** What others are told of a virtual service. */
export const wordEvents = {
  "health-word": event({
    id: "76fb274fb857a9b76f112f2ddaa95b40",
    severity: "notice",
    fields: { virtual: service, word, up: count, of: count },
    text: (f) => `Health of ${f.virtual}: ${f.word}, ${f.up} of ${f.of} real servers can be used`,
    subject: "The word of health of a virtual service is another",
    meaning: `@VIRTUAL@ is @WORD@: clients can use @UP@ of its @OF@ real servers. Whoever reads the file of
      health, or is the program of [health-hook], acts on it.`,
    remedy: `degraded: less than [health] share of them. nobody: none. unknown: none is up, and not all have
      been asked. ldirectorctl status has the reasons.`,
  }),
  "health-file-failed": event({
    id: "fd068144487b05417fab8892b0b407f2",
    severity: "error",
    fields: { path: word, cause: word },
    text: (f) => `File of health ${f.path} can not be written: ${f.cause}`,
    subject: "The file of health cannot be written",
    meaning: `@PATH@: @CAUSE@. Who reads it takes it for stale within six seconds: every virtual service is
      unknown to them, and the address may move to another director. Checks go on.`,
    remedy:
      "Look at its folder ([health] directory), its permissions, its disk. It is tried again each second.",
  }),
  "health-file-recovered": event({
    id: "e5b8129044048db1b6b37d5b71b727b9",
    severity: "notice",
    fields: { path: word },
    text: (f) => `File of health ${f.path} can be written again`,
    subject: "The file of health can be written again",
    meaning: "@PATH@ says how the virtual services are.",
    remedy: "Nothing to do.",
  }),
};
