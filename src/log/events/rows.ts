import { event } from "./event.ts";
import { count, realServer, service } from "./fields.ts";

/** A real server's row in a virtual service. */
const row = { real: realServer, virtual: service };
const weightedRow = { ...row, weight: count };

type Texts = { readonly [K in keyof typeof weightedRow]: string };
const plain = (verb: string) => (f: Omit<Texts, "weight">) => `${verb}: ${f.real} (${f.virtual})`;
const weighted = (verb: string) => (f: Texts) =>
  `${verb}: ${f.real} (${f.virtual}) (Weight set to ${f.weight})`;

export const rowEvents = {
  "virtual-added": event({
    id: "155e2c79f63e393491781d4ec8c78b37",
    severity: "notice",
    fields: { virtual: service },
    text: (f) => `Added virtual server: ${f.virtual}`,
    subject: "A virtual service was added",
    meaning: `@VIRTUAL@ is new in the IPVS table. It has no real server until the first good check.`,
    remedy: "Nothing to do.",
  }),
  "virtual-changed": event({
    id: "2f011db9da2b6333dd8d66d070b7eeca",
    severity: "notice",
    fields: { virtual: service },
    text: (f) => `Changed virtual server: ${f.virtual}`,
    subject: "A virtual service was changed",
    meaning: `Scheduler, persistence or flags of @VIRTUAL@ were set to what the configuration says. Its
      connections go on.`,
    remedy: "Nothing to do.",
  }),
  "virtual-purged-start": event({
    id: "5d65799d72eaf595a2c6ea1287d58d36",
    severity: "notice",
    fields: { virtual: service },
    text: (f) => `Purged virtual server (start): ${f.virtual}`,
    subject: "A virtual service was removed",
    meaning: `@VIRTUAL@ was in the configuration before, and is not any more: it is out of the IPVS table,
      and its connections end.`,
    remedy: "If that was not meant, put it back into the file and reload.",
  }),
  "virtual-purged-stop": event({
    id: "f22fcbb652036fe65b2b73a9efd6c569",
    severity: "notice",
    fields: { virtual: service },
    text: (f) => `Purged virtual server (stop): ${f.virtual}`,
    subject: "A virtual service was removed at the end",
    meaning: `The daemon ends, and with cleanstop=yes takes @VIRTUAL@ out of the IPVS table: it gets no
      traffic any more.`,
    remedy: "With cleanstop=no it would stay.",
  }),
  "real-purged-start": event({
    id: "8c6071729b6b157d095a7f6537a26fb0",
    severity: "notice",
    fields: row,
    text: plain("Purged real server (start)"),
    subject: "A real server that is not in the configuration was removed",
    meaning: `@REAL@ was in the table of @VIRTUAL@, and the configuration does not have it there. Its
      connections end.`,
    remedy: "If that was not meant, put it back into the file and reload.",
  }),
  "real-purged-stop": event({
    id: "82e82242f531267e647f36862b6e2016",
    severity: "notice",
    fields: row,
    text: plain("Purged real server (stop)"),
    subject: "A real server was removed at the end",
    meaning: "The daemon ends, and takes @VIRTUAL@ with @REAL@ out of the IPVS table.",
    remedy: "With cleanstop=no it would stay.",
  }),
  "real-added": event({
    id: "9527c97de7823b79792ddfb663d3d156",
    severity: "notice",
    fields: weightedRow,
    text: weighted("Added real server"),
    subject: "A real server has come in",
    meaning: "@REAL@ passed its check and takes traffic for @VIRTUAL@, with weight @WEIGHT@.",
    remedy: "Nothing to do.",
  }),
  "real-restored": event({
    id: "174fe7ba95e05821e8a548e2fb935701",
    severity: "notice",
    fields: weightedRow,
    text: weighted("Restored real server"),
    subject: "A real server has its weight again",
    meaning: `@REAL@ takes traffic for @VIRTUAL@ with weight @WEIGHT@: it passed its check while it was in
      the table with another weight, or the configuration changed it.`,
    remedy: "Nothing to do.",
  }),
  "real-quiesced": event({
    id: "bb108b811a7e52b89be1d6b97ca45a50",
    severity: "warning",
    fields: weightedRow,
    text: weighted("Quiescent real server"),
    subject: "A real server is out, its connections stay",
    meaning: `@REAL@ failed its check and gets no new connections for @VIRTUAL@ (quiescent=yes: weight 0).
      Clients held by persistence still go there.`,
    remedy: `"Check failed", just before, has the reason: \`journalctl REAL=@REAL@ EVENT=real-failed\`.
      Ask the server by hand as docs/checks.md shows.`,
  }),
  /** Planned, and therefore no warning; the text is the original's. */
  "real-quiesced-maintenance": event({
    id: "a2611382ae6e13b1ba1f96beaa7e9a1d",
    severity: "notice",
    fields: weightedRow,
    text: weighted("Quiescent real server"),
    subject: "A real server is in maintenance, at weight 0",
    meaning: `@REAL@ gets no new connections of @VIRTUAL@ (quiescent=yes), because a file in
      maintenancedir names it.`,
    remedy: `Planned: nothing to do. "Maintenance", just before, names the file. Remove it to end the
      work.`,
  }),
  "real-deleted-maintenance": event({
    id: "bba90ba1da199f964412375a6f3d7fa8",
    severity: "notice",
    fields: row,
    text: plain("Deleted real server"),
    subject: "A real server is in maintenance, and out",
    meaning: `@REAL@ is out of the table of @VIRTUAL@ (quiescent=no), because a file in maintenancedir
      names it.`,
    remedy: `Planned: nothing to do. "Maintenance", just before, names the file. Remove it to end the
      work.`,
  }),
  "real-readded-quiescent": event({
    id: "df196e07326956f851ac7deff5f7d774",
    severity: "warning",
    fields: weightedRow,
    text: weighted("Readd Quiescent real server"),
    subject: "A real server that is down was put back with weight 0",
    meaning: `@REAL@ was missing in the table of @VIRTUAL@; with quiescent=yes and readdquiescent=yes a
      server that is down stays there without traffic.`,
    remedy: "Nothing to do about the table. The server itself is down.",
  }),
  "real-deleted": event({
    id: "ac82545714336d08e19260ab92137a77",
    severity: "warning",
    fields: row,
    text: plain("Deleted real server"),
    subject: "A real server is out",
    meaning: `@REAL@ failed its check and is out of the table of @VIRTUAL@ (quiescent=no). Its connections
      end.`,
    remedy: `"Check failed", just before, has the reason: \`journalctl REAL=@REAL@ EVENT=real-failed\`.
      Ask the server by hand as docs/checks.md shows.`,
  }),
  "fallback-added": event({
    id: "ca2131494d1f4be6c819af0bac8edbf1",
    severity: "warning",
    fields: weightedRow,
    text: weighted("Added fallback server"),
    subject: "No real server is left: the fallback serves",
    meaning: `@VIRTUAL@ has no real server that is up, so its fallback server @REAL@ takes the traffic.`,
    remedy: `This is an outage for the clients of @VIRTUAL@. When all servers failed at once, look for
      what they share: network, database, the page that the check asks for.`,
  }),
  "fallback-restored": event({
    id: "240ed40a3fd03ef77a2ef900c109b9ac",
    severity: "warning",
    fields: weightedRow,
    text: weighted("Restored fallback server"),
    subject: "The fallback server was set right",
    meaning: `@REAL@ was in the table of @VIRTUAL@ with other settings than the fallback server has. It
      serves, because no real server is up.`,
    remedy: "This is an outage for the clients of @VIRTUAL@: see the entries before.",
  }),
  "fallback-deleted": event({
    id: "ea184bc2d48320173ebea7f4362936c2",
    severity: "notice",
    fields: row,
    text: plain("Deleted fallback server"),
    subject: "The fallback server is out again",
    meaning: "A real server of @VIRTUAL@ is up, so @REAL@ is not needed any more.",
    remedy: "Nothing to do.",
  }),
  "service-down": event({
    id: "7a05e94a21e7b7174cfe87d9bfbc651a",
    severity: "error",
    fields: { virtual: service },
    text: (f) => `Service down: ${f.virtual} has no real server that can be used`,
    subject: "A virtual service has no real server left",
    meaning: `All real servers of @VIRTUAL@ are down or in maintenance, or it has none. Clients get the
      fallback server, where there is one, and no answer otherwise.`,
    remedy: "Now: `journalctl VIRTUAL=@VIRTUAL@ EVENT=real-failed` says why each is out.",
  }),
  "service-up": event({
    id: "4878a4bbc5e6e2697d9eb8880b004536",
    severity: "notice",
    fields: { virtual: service },
    text: (f) => `Service up: ${f.virtual} has a real server again`,
    subject: "A virtual service has a real server again",
    meaning: `At least one real server of @VIRTUAL@ is up. The outage began with the last "Service down"
      of it.`,
    remedy: "Nothing to do.",
  }),
};
