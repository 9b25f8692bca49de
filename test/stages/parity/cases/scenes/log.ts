import type { Difference } from "../../case.ts";
import type { Act, Scene } from "../../scene.ts";
import {
  act,
  dies,
  external,
  hup,
  named,
  once,
  perlWarnings,
  returns,
  rounds,
  start,
  stop,
} from "./words.ts";

const head = (facility: string): string => `checkinterval=1\nlogfile="${facility}"\n`;

/** Writes what comes to /dev/log into /srv/syslog, and facility, severity and form into /srv/calls. */
const syslogd = act(`perl /srv/syslogd & ${once("[[ -S /dev/log ]]")}`);
/** The original may also have said something there that we do not say at all. */
const severities: Difference = {
  id: "syslog-severity",
  original: /^syslog \d+\.6 time /,
  ours: /^syslog \d+\.[0-57] time /,
};
const noFacility: Difference = {
  id: "syslog-facility",
  original: /^syslog \d+\.\d time /,
  ours: /^syslog 3\.\d time |is no syslog facility/,
};
/** Perl keeps the socket of the one that is gone. */
const lost: Difference = { id: "syslog-anew", ours: /^real / };
const noSyslog: Difference = {
  id: "no-syslog",
  original: /^setlogsock\(\): type='unix': path not available/,
  ours: /^Invoking ldirectord |^syslog cannot be written: ENOENT/,
};

const syslog = (facility: string, ...differs: Difference[]): Scene => ({
  name: `syslog, ${facility}`,
  log: "/srv/syslog",
  files: { "/etc/ha.d/web.cf": `${head(facility)}${external}\n` },
  differs,
  acts: [syslogd, start, dies, stop],
});

const lives: readonly Act[] = [
  dies,
  returns,
  hup,
  named("syslogd starts anew", `kill $(cat /srv/syslogd.pid); rm /dev/log; ${syslogd.run}`),
  { ...dies, name: "the server dies again", differs: [lost] },
  { ...returns, name: "the server returns again", differs: [lost] },
  stop,
];

const withSyslog: Scene = {
  name: "syslog",
  log: "/srv/syslog",
  files: { "/etc/ha.d/web.cf": `${head("local3")}${external}\n` },
  differs: [severities],
  acts: [syslogd, start, ...lives],
};

const nobody: Scene = {
  name: "syslog, and nobody listens",
  files: { "/etc/ha.d/web.cf": `${head("local3")}${external}\n` },
  differs: [noSyslog],
  acts: [start, dies, returns, act("ldirectord web.cf status"), stop],
};

const both: Scene = {
  name: "a file, then syslog, by an edit",
  log: "/srv/syslog",
  files: { "/etc/ha.d/web.cf": `${head("/srv/own.log")}${external}\n` },
  differs: [severities],
  acts: [
    syslogd,
    start,
    named("edited", "sed -i 's#/srv/own.log#local4#' /etc/ha.d/web.cf"),
    hup,
    dies,
    stop,
  ],
};

const rotated: Scene = {
  name: "a log that is moved away, without a signal",
  log: "/srv/own.log",
  files: { "/etc/ha.d/web.cf": `${head("/srv/own.log")}${external}\n` },
  acts: [
    start,
    named("moved", "mv /srv/own.log /srv/own.log.1; wc -l </srv/own.log.1 >/srv/count"),
    dies,
    named("the old one is as it was", "wc -l </srv/own.log.1 | cmp - /srv/count"),
    named("emptied", "truncate -s 0 /srv/own.log"),
    returns,
    named("removed", "rm /srv/own.log"),
    { ...dies, name: "the server dies again" },
    stop,
  ],
};

const debug: Scene = {
  name: "-d",
  differs: [
    perlWarnings,
    { id: "start-dance", original: /^Resetting soft failure count: / },
    { id: "own-lines", ours: /^(?:Check failed|Service down): / },
    { id: "debug-lines", original: /^Running system|^Exiting with exit_status 0: / },
  ],
  files: { "/etc/ha.d/web.cf": `checkinterval=1\n${external}\n` },
  acts: [
    named(
      "what it says, once each",
      [
        ": >/srv/err; ldirectord -d web.cf start >/srv/out 2>/srv/err & pid=$!",
        rounds(2),
        `touch /srv/bad-RS1; ${once("grep -q '^Deleted real' /srv/err")}; ${rounds(1)}`,
        "kill $pid; wait $pid",
        "code=$?; grep -hv '^DEBUG' /srv/err | sort -u; exit $code",
      ].join("\n"),
    ),
  ],
};

export const logScenes: readonly Scene[] = [
  withSyslog,
  ...["daemon", "user", "LOCAL0", "LOG_LOCAL1"].map((name) => syslog(name, severities)),
  ...["local9", "info"].map((name) => syslog(name, noFacility)),
  nobody,
  both,
  rotated,
  debug,
];
