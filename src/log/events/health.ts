import { event } from "./event.ts";
import { count, endpoint, placeGiven, service, serviceById, word } from "./fields.ts";

export const healthEvents = {
  "soft-failure": event({
    id: "7ce6af4e3b079fa03368d933a9330129",
    severity: "warning",
    fields: { real: endpoint, virtual: serviceById, failures: count, limit: count },
    text: (f) =>
      `Soft failure real server: ${f.real} (${f.virtual}) failure ${f.failures}/${f.limit}`,
    subject: "A check failed, the server stays in",
    meaning: `@REAL@ failed @FAILURES@ of the @LIMIT@ checks in a row (failurecount) that would take it
      out of @VIRTUAL@.`,
    remedy: "Nothing yet. When it comes often, the server or the way to it is unsteady.",
  }),
  "soft-failures-reset": event({
    id: "a4731986b4bf6260e45df38367232a2c",
    severity: "info",
    fields: { real: endpoint, virtual: serviceById },
    text: (f) => `Resetting soft failure count: ${f.real} (${f.virtual})`,
    subject: "Failures are forgotten",
    meaning: "@REAL@ passed its check in @VIRTUAL@ after one or more failures.",
    remedy: "Nothing to do.",
  }),
  "real-failed": event({
    id: "ef47fe7d6c584ef8998394f62b7582b0",
    severity: "info",
    fields: {
      real: placeGiven,
      virtual: service,
      check: word,
      reason: word,
      detail: word,
      durationMs: count,
    },
    text: (f) => `Check failed: ${f.real} (${f.virtual}) ${f.reason}: ${f.detail}`,
    subject: "A check took a real server out",
    meaning: `@REAL@ counts as down in @VIRTUAL@. The check (@CHECK@) said @REASON@: @DETAIL@. It took
      @DURATION_MS@ ms.`,
    remedy: `refused: nobody listens. timeout: no answer in time, host dead or overloaded, or a firewall
      drops. unreachable: a router or the host says no. closed: it hung up early. tls: certificate
      or handshake. protocol: another service answers there. auth: the login of the check is
      refused. status: it answers, and says that it cannot. mismatch: the answer has not what
      receive wants. internal: a mistake in ldirectord. Ask the server by hand as docs/checks.md
      shows.`,
  }),
  "real-found-down": event({
    id: "1fff0f44f5aea65291ad1d97f7b775f0",
    severity: "warning",
    fields: { real: endpoint, virtual: service },
    text: (f) => `Down at its first check: ${f.real} (${f.virtual})`,
    subject: "A real server was down when it was first asked",
    meaning: `@REAL@ did not answer its first check for @VIRTUAL@ since the start, the reload that added
      it, or the end of its maintenance. It gets no clients.`,
    remedy: `"Check failed", just before, has the reason: \`journalctl REAL=@REAL@ EVENT=real-failed\`.`,
  }),
  "local-fault": event({
    id: "5d487e784cc13635749cd9b49cd30461",
    severity: "error",
    fields: { fault: word, detail: word },
    text: (f) => `Local trouble, no real server is blamed for it: ${f.fault}: ${f.detail}`,
    subject: "Trouble on the director itself",
    meaning: `Checks can not be made because of this machine: @FAULT@: @DETAIL@. No real server is to
      blame.`,
    remedy: `link-down, no-address, ENETUNREACH, EACCES, EPERM and the like: the way there is cut on the
      director, for clients as well. What is behind it goes out while other servers answer; when
      none does, after 2 × (checkinterval + timeout). Look at the director's links, routes and
      firewall: \`ip route get ADDRESS\`.

      All else (EMFILE, ENFILE: raise LimitNOFILE; EADDRNOTAVAIL: out of local ports; …) is the
      director's alone: each server stays as it was, up or down. Soon: until it is over, a server
      that dies is not noticed.`,
  }),
  "local-fault-lasts": event({
    id: "693aa097974c7f3fc68650a0e9245ee4",
    severity: "error",
    fields: { fault: word, minutes: count, lost: count, waiting: count },
    text: (f) =>
      `Local trouble goes on: ${f.fault}: for ${f.minutes} min, ${f.lost} checks had no verdict, ${f.waiting} real servers' checks wait for one`,
    subject: "Trouble on the director itself goes on",
    meaning: `@FAULT@ has kept checks from a verdict for @MINUTES@ min: @LOST@ so far, and @WAITING@ real
      servers' checks wait for one now. Told each minute while any waits.`,
    remedy: `Soon: those servers are unwatched. The begin has the reason: \`journalctl EVENT=local-fault
      FAULT=@FAULT@\`.`,
  }),
  "local-fault-over": event({
    id: "6ea12da0ffe1f785f1b4827c1437e0fb",
    severity: "notice",
    fields: { fault: word, lost: count },
    text: (f) => `Local trouble is over: ${f.fault}: ${f.lost} checks had no verdict`,
    subject: "The director's own trouble is over",
    meaning: "@FAULT@ has passed; @LOST@ checks had no verdict.",
    remedy: "Find its cause, or it comes again.",
  }),
  "schedule-stretched": event({
    id: "3ef91e67f34d86c3d14d2e41f34afd7b",
    severity: "warning",
    fields: { started: count, late: count, worstMs: count },
    text: (f) =>
      `Checks run late: ${f.late} of the last ${f.started} began more than half their interval after they were due, ${f.worstMs} ms at worst; servers are asked less often than the file says`,
    subject: "Checks run late",
    meaning: `@LATE@ of the last @STARTED@ checks began more than half their interval after they were due,
      @WORST_MS@ ms at worst: this machine has not the processor time, or the file descriptors,
      for all of them. No real server is blamed for it; each is asked less often, and its failure
      is seen later.`,
    remedy: `See what else runs here (a virtual machine: whether it is starved), whether the limit of
      open files is low, or make checkinterval longer.`,
  }),
  "schedule-kept": event({
    id: "fa6011ce2914667011aff92f818906d8",
    severity: "notice",
    fields: { seconds: count },
    text: (f) => `Checks run on time again, after ${f.seconds} s`,
    subject: "Checks run on time again",
    meaning: "For @SECONDS@ s checks had run late.",
    remedy: "Nothing to do.",
  }),
  "probe-threads": event({
    id: "6968c4b258f34b658560ffe8322ed096",
    severity: "notice",
    fields: { threads: count, before: count, why: word },
    text: (f) =>
      `Threads that check beside the main one: ${f.threads}, before: ${f.before} (${f.why})`,
    subject: "More threads check real servers, or fewer",
    meaning: `@THREADS@ threads check real servers beside the main one, where there were @BEFORE@: @WHY@.
      Verdicts and the table stay with the main one.`,
    remedy: `Nothing to do. \`[checks] threads = 0\` in ldirectord-ng.ini keeps all checks in one thread;
      a longer checkinterval makes one enough.`,
  }),
  "probe-thread-lost": event({
    id: "25dd7ea2e4fcba55bbbd0b7254a005e5",
    severity: "error",
    fields: { cause: word, runs: count, seconds: count },
    text: (f) =>
      `A thread that checks is lost: ${f.cause}; its ${f.runs} checks are asked anew, and no other thread is started for ${f.seconds} s`,
    subject: "A thread that checks real servers is lost",
    meaning: `A thread beside the main one has ended, or was ended because it hung: @CAUSE@. The @RUNS@
      checks that it had count for nothing and are asked anew at once by what is left; no real
      server is blamed.`,
    remedy: `This is a bug: report it with this line. \`[checks] threads = 0\` in ldirectord-ng.ini does
      without such threads.`,
  }),
  "maintenance-entered": event({
    id: "117f87207c8dc2279526491525642b96",
    severity: "notice",
    fields: { real: placeGiven, virtual: service, file: word },
    text: (f) => `Maintenance: ${f.real} (${f.virtual}) by ${f.file}`,
    subject: "A real server is in maintenance",
    meaning: `The file @FILE@ in maintenancedir holds @REAL@ out of @VIRTUAL@. It is not checked
      meanwhile.`,
    remedy: "Remove the file when the work is done.",
  }),
  "maintenance-left": event({
    id: "10dd73bc6cc920cdd64cbfd109b90a74",
    severity: "notice",
    fields: { real: placeGiven, virtual: service },
    text: (f) => `Maintenance over: ${f.real} (${f.virtual})`,
    subject: "A maintenance is over",
    meaning: `The file that held @REAL@ out of @VIRTUAL@ is gone. It comes in with its next good check.`,
    remedy: "Nothing to do.",
  }),
  "maintenance-unmatched": event({
    id: "565c63220347a85f14b9b718f73f0b30",
    severity: "warning",
    fields: { file: word, path: word },
    text: (f) => `Maintenance: ${f.file} in ${f.path} fits no real server of this configuration`,
    subject: "A file in maintenancedir fits no real server",
    meaning: `The file @FILE@ in @PATH@ is named for a real server that the configuration does not have:
      nobody is held out by it.`,
    remedy: `A file is named by the real server's address or host name, with its port as the real= line
      has it or without: 192.168.6.3, 192.168.6.3:80, [fd00::3]:80, web1.`,
  }),
  "maintenance-dir-unreadable": event({
    id: "d1b3084b7f1e2cb61745d1ba4ca31ab8",
    severity: "warning",
    fields: { path: word, cause: word },
    text: (f) => `maintenancedir ${f.path} cannot be read: ${f.cause}`,
    subject: "maintenancedir cannot be read",
    meaning: "@PATH@: @CAUSE@. Whoever was in maintenance stays in it; new files are not seen.",
    remedy: "Restore the folder, or its permissions.",
  }),
  "real-checked": event({
    id: "7c440817d8d82be89df0b80a390346a3",
    severity: "debug",
    fields: {
      real: endpoint,
      virtual: service,
      probe: word,
      durationMs: count,
      result: word,
      detail: word,
    },
    text: (f) =>
      `Checked: real server=${f.real} (virtual=${f.virtual}) ${f.probe} in ${f.durationMs} ms, ${f.result}: ${f.detail}`,
    subject: "A real server was checked",
    meaning: `@REAL@ was asked for @VIRTUAL@ (@PROBE@), and that took @DURATION_MS@ ms. The result was
      @RESULT@: @DETAIL@`,
    remedy: "Nothing to do. It is told with -d or [log] level=debug only: one for each check.",
  }),
};
