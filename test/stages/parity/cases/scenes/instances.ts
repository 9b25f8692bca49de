import type { Scene } from "../../scene.ts";
import {
  act,
  allMistakes,
  dies,
  external,
  failedCommand,
  file,
  hup,
  killed,
  named,
  notFoundReason,
  once,
  ownWarnings,
  perlWarnings,
  quietStatus,
  reloadSpeaks,
  reread,
  restartHandsOver,
  rounds,
  service,
  start,
  statusUnknown,
  stop,
} from "./words.ts";

const other = (vip: string): string => `checkinterval=1\n${service.replace("VIP", vip)}\n`;

/**
 * Until its commands have ended, seen five times in a row: an edit, and a HUP, that come while the original is busy with
 * the instances of a reload are lost on it.
 */
const quiet = `pid=$(cat /run/ldirectord.web.cf.pid)
for i in 1 2 3 4 5; do
  sleep 0.4
  while pgrep -P $pid >/dev/null; do sleep 0.2; i=0; done
done`;

const threeForTwo = reread("", "sed -i 's/execute=two/execute=three/' /etc/ha.d/web.cf");
const nested: Scene = {
  name: "execute, edited",
  files: {
    "/etc/ha.d/web.cf": `checkinterval=1\nexecute=one.cf\nexecute=two.cf\n${service}\n`,
    "/etc/ha.d/one.cf": `logfile="/srv/one.log"\n${other("VIP2")}`,
    "/etc/ha.d/two.cf": `logfile="/srv/two.log"\n${other("VIP:81 #")}`,
    "/etc/ha.d/three.cf": `logfile="/srv/three.log"\n${other("VIP:82 #")}`,
  },
  differs: [quietStatus, failedCommand],
  acts: [
    start,
    act("ldirectord web.cf status"),
    named("one is killed", killed("one.cf")),
    named("status, with one stale", "ldirectord web.cf status"),
    named("a reload starts it again", `kill -HUP $(cat /run/ldirectord.web.cf.pid); ${quiet}`),
    named("another in the place of one", `${threeForTwo.run}\n${quiet}`),
    act("ldirectord three.cf status"),
    act("ldirectord two.cf status"),
    stop,
  ],
};

const missing: Scene = {
  name: "execute, a file that is broken and one that is missing",
  files: {
    "/etc/ha.d/web.cf": `checkinterval=1\nexecute=broken.cf\nexecute=missing.cf\n${service}\n`,
    "/etc/ha.d/broken.cf": `logfile="/srv/broken.log"\nnonsense=1\n`,
  },
  // To stop an instance with a broken file is no failure with ours: see stop-broken.
  differs: [quietStatus, allMistakes, failedCommand],
  acts: [start, act("ldirectord web.cf status", statusUnknown), stop],
};

const strange: Scene = {
  name: "strange files",
  files: { "/etc/ha.d/web.cf": file },
  differs: [quietStatus, perlWarnings],
  acts: [
    named("a folder", "mkdir /etc/ha.d/folder.cf; ldirectord folder.cf start", notFoundReason),
    named("a folder, status", "ldirectord folder.cf status", notFoundReason, statusUnknown),
    named("a link to nowhere", "ln -s /nowhere/x.cf /etc/ha.d/link.cf; ldirectord link.cf start"),
    named("a link", "ln -s web.cf /etc/ha.d/good.cf; ldirectord good.cf start"),
    act("ldirectord good.cf stop"),
    named("no name", 'ldirectord "" status', statusUnknown),
    named(
      "a name with a blank",
      "cp /etc/ha.d/web.cf '/etc/ha.d/a b.cf'; ldirectord 'a b.cf' start",
    ),
    act("ldirectord 'a b.cf' status"),
    act("ldirectord 'a b.cf' stop"),
    named("an empty file", ": >/etc/ha.d/empty.cf; ldirectord empty.cf start"),
    act("ldirectord empty.cf stop"),
    named("a pid file that is empty", ": >/run/ldirectord.web.cf.pid; ldirectord web.cf stop"),
    named("a pid file of words", "echo none >/run/ldirectord.web.cf.pid; ldirectord web.cf stop"),
    named(
      "a pid file of nobody",
      "echo 99999 >/run/ldirectord.web.cf.pid; ldirectord web.cf reload",
      reloadSpeaks,
    ),
    start,
    stop,
  ],
};

const notClean: Scene = {
  name: "cleanstop=no",
  files: { "/etc/ha.d/web.cf": `checkinterval=1\ncleanstop=no\n${external}\n` },
  acts: [
    start,
    stop,
    { ...start, name: "start over what is left" },
    named("restart", "ldirectord web.cf restart", restartHandsOver),
    dies,
    stop,
  ],
};

/** A mark: the first number of the address. */
const noPort: Scene = {
  name: "virtual= without a port",
  files: { "/etc/ha.d/web.cf": `checkinterval=1\n${service.replace("VIP:80", "VIP")}\n` },
  differs: [ownWarnings],
  acts: [start, hup, stop],
};

const foreground: Scene = {
  name: "supervised, as it was written once",
  files: { "/etc/ha.d/web.cf": `checkinterval=1\nsupervised\n${external}\n` },
  differs: [
    quietStatus,
    perlWarnings,
    // Of `status` and `stop`.
    { id: "quiet-warnings", original: /^Warning \[PID\] reading file/ },
    { id: "start-dance", original: /real server: |^Resetting soft failure count: / },
    { id: "unchanged-services", original: /^Changed virtual server: / },
  ],
  acts: [
    named(
      "status and stop do not find it, HUP and INT do",
      [
        `ldirectord web.cf start >/srv/out 2>/srv/err & pid=$!; ${rounds(2)}`,
        "ldirectord web.cf status; echo $?; ldirectord web.cf stop; echo $?",
        `kill -HUP $pid; ${once("grep -q Reloading /srv/out")}; ${rounds(3)}`,
        "kill -INT $pid; wait $pid; code=$?",
        "cat /srv/out; cat /srv/err >&2; exit $code",
      ].join("\n"),
    ),
  ],
};

export const instanceScenes: readonly Scene[] = [
  nested,
  missing,
  strange,
  notClean,
  noPort,
  foreground,
];
