import { event } from "./event.ts";
import { count, word } from "./fields.ts";

export const webEvents = {
  "web-opened": event({
    id: "85b5e01ab8d6cd49b41a6c2d559dd7b5",
    severity: "info",
    fields: { place: word },
    text: (f) => `To be seen at ${f.place}`,
    subject: "Metrics, or the page, are to be had",
    meaning:
      "Whoever may come to @PLACE@ can look at what this director does. Nothing can be changed there.",
    remedy: "Nothing to do.",
  }),
  "web-failed": event({
    id: "edfe46158b34a34d4ea9ec5666ca4d5d",
    severity: "warning",
    fields: { place: word, cause: word },
    text: (f) => `Nothing to be seen at ${f.place}: ${f.cause}`,
    subject: "Metrics, or the page, are not to be had",
    meaning: `\`listen\` in ldirectord-ng.ini names @PLACE@, and that can not be opened: @CAUSE@. Checks and the table go on
      without it; it is tried again until it works.`,
    remedy: `See who has that port (\`ss -ltnp\`), or whether this host has the address; or name another place.`,
  }),
  "metrics-limited": event({
    id: "a431cf9cb4364badd214e0c5082da160",
    severity: "warning",
    fields: { servers: count, max: count },
    text: (f) =>
      `Metrics without real servers: there are ${f.servers}, and [metrics] max-servers is ${f.max}`,
    subject: "Real servers have no metrics of their own",
    meaning: `There are @SERVERS@ real servers, more than the @MAX@ that \`max-servers\` in ldirectord-ng.ini names. Those of
      the virtual services and of the whole go on.`,
    remedy: `Set \`max-servers\` higher, if Prometheus can bear it: each real server has some 15 series. Or say
      \`servers = no\`.`,
  }),
};
