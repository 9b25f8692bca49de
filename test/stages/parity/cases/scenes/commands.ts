import type { Difference } from "../../case.ts";
import type { Act, Scene } from "../../scene.ts";
import {
  act,
  allMistakes,
  external,
  file,
  killed,
  named,
  perlWarnings,
  quietStatus,
  reloadSpeaks,
  reread,
  restartHandsOver,
  rounds,
  service,
  statusUnknown,
} from "./words.ts";

const namedWords: Difference = { id: "named-words", ours: /^Unknown command: / };
const commands: Scene = {
  name: "commands",
  files: { "/etc/ha.d/web.cf": file },
  differs: [quietStatus, reloadSpeaks],
  acts: [
    ...["status", "stop", "reload", "force-reload", "try-restart"].map((word) =>
      named(`${word} when stopped`, `ldirectord web.cf ${word}`),
    ),
    act("ldirectord web.cf start"),
    ...["status", "start", "reload", "force-reload"].map((word) =>
      named(`${word} when running`, `ldirectord web.cf ${word}`),
    ),
    ...["try-restart", "restart"].map((word) =>
      named(`${word} when running`, `ldirectord web.cf ${word}`, restartHandsOver),
    ),
    named("stop when running", "ldirectord web.cf stop"),
    named("restart when stopped", "ldirectord web.cf restart"),
    named("further arguments are ignored", "ldirectord web.cf status now please", {
      id: "ignored-words",
      ours: /^Ignored, behind the command: /,
    }),
    named("killed", killed("web.cf")),
    named("status, stale pid file", "ldirectord web.cf status"),
    named("stop, stale pid file", "ldirectord web.cf stop"),
    named("start, stale pid file", "ldirectord web.cf start"),
    named("INT stops it", "kill -INT $(cat /run/ldirectord.web.cf.pid)"),
  ],
};

const watched = `checkinterval=1\n${external}\n`;
const commandLine: Scene = {
  name: "command line",
  files: {
    "/etc/ha.d/ldirectord.cf": file,
    "/etc/ha.d/conf/deep.cf": file,
    "/srv/abs.cf": watched,
  },
  differs: [quietStatus],
  acts: [
    act("ldirectord | wc -l | grep -q . ; ldirectord >/dev/null"),
    act("ldirectord nonsense >/dev/null", namedWords),
    act("ldirectord start -d >/dev/null", namedWords),
    act("ldirectord -v | head -1"),
    act("ldirectord --version | head -1"),
    act("ldirectord --nonsense 2>&1 | head -1"),
    act("ldirectord missing.cf status", statusUnknown),
    act("ldirectord missing.cf start"),
    named("the default file", "ldirectord start"),
    named("the default file by its name is another instance", "ldirectord ldirectord.cf status"),
    act("ldirectord status"),
    act("ldirectord stop"),
    named("a file below conf", "ldirectord deep.cf status"),
    named("an absolute file", "ldirectord /srv/abs.cf start"),
    act("ldirectord /srv/abs.cf status"),
    act("ldirectord /srv/abs.cf stop"),
    named("a file of the current folder", "ldirectord abs.cf status", {
      id: "relative-file",
      original: /for abs\.cf/,
      ours: /for \/srv\/abs\.cf/,
    }),
    named(
      "-d leaves no pid file",
      `ldirectord -d /srv/abs.cf start >/dev/null 2>&1 & pid=$!; ${rounds(2)}; kill $pid; wait`,
    ),
  ],
};

const broken = (name: string, line: string): Act[] => [
  named(
    `${name}: start`,
    `cat >/etc/ha.d/bad.cf <<'END'\nlogfile="/var/log/ldirectord.log"\n${line}\n\nEND\nldirectord bad.cf start`,
  ),
];
const mistakes: Scene = {
  name: "mistakes",
  files: { "/etc/ha.d/web.cf": `${file}\nnonsense=1\n` },
  differs: [allMistakes],
  acts: [
    ...["start", "reload", "restart", "try-restart"].map((word) =>
      named(`${word} with a broken file`, `ldirectord web.cf ${word}`),
    ),
    named("status with a broken file", "ldirectord web.cf status", {
      id: "quiet-status",
      original: /^Exiting with exit_status 2: config_error/,
    }),
    named("stop with a broken file", "ldirectord web.cf stop", {
      id: "stop-broken",
      original: /^2$|Configuration Error/,
      ours: /^0$|Invoking/,
    }),
    ...broken("quiescent", "quiescent=maybe"),
    ...broken("checktimeout", "checktimeout=abc"),
    ...broken("timeout", "timeout=5"),
    ...broken("checktype", "virtual=VIP:80\n    checktype=often"),
    ...broken("service", "virtual=VIP:80\n    service=telnet"),
    ...broken("real without a method", "virtual=VIP:80\n    real=RS1:80"),
    ...broken("real with a wrong method", "virtual=VIP:80\n    real=RS1:80 nat"),
    ...broken(
      "duplicate",
      `virtual=VIP:80\n    real=RS1:80 masq\n\nvirtual=VIP:80\n    real=RS2:80 masq`,
    ),
    ...broken("scheduler", "virtual=VIP:80\n    scheduler=123"),
  ],
};

const reloads: Scene = {
  name: "an edit that is wrong",
  files: { "/etc/ha.d/web.cf": file },
  differs: [allMistakes, { id: "failed-reload", ours: /^Reload of .* failed: / }],
  acts: [
    act("ldirectord web.cf start"),
    reread("a broken edit, and HUP", "echo 'nonsense=1' >>/etc/ha.d/web.cf"),
    reread("mended, and HUP", "sed -i /nonsense/d /etc/ha.d/web.cf"),
    act("ldirectord web.cf stop"),
  ],
};

const autoreload = (name: string, yes: string, ...differs: Difference[]): Scene => ({
  name,
  files: {
    "/etc/ha.d/web.cf": `checkinterval=1\nautoreload=${yes}\ncallback="/srv/callback"\n${external}\n`,
  },
  differs,
  acts: [
    named("start", `ldirectord web.cf start; ${rounds(2)}`),
    named("touched", `touch /etc/ha.d/web.cf; ${rounds(4)}`),
    named("edited", `sed -i 's/masq$/masq 4/' /etc/ha.d/web.cf; ${rounds(4)}`),
    act("ldirectord web.cf stop"),
  ],
});

const execute: Scene = {
  name: "execute",
  files: {
    "/etc/ha.d/main.cf": `checkinterval=1\nexecute=other.cf\n${service}\n`,
    "/etc/ha.d/other.cf": `checkinterval=1\nlogfile="/srv/other.log"\n${service.replace("VIP", "VIP2")}\n`,
  },
  differs: [quietStatus],
  acts: [
    act("ldirectord main.cf start"),
    act("ldirectord main.cf status"),
    act("ldirectord main.cf stop"),
  ],
};

const globals: Scene = {
  name: "log and warnings",
  log: "/srv/own.log",
  files: {
    "/etc/ha.d/web.cf": `checkinterval=1\nlogfile="/srv/own.log"\nmaintenancedir=/srv/nowhere\ncheckcount=3\n${service}\n`,
  },
  acts: [
    act("ldirectord web.cf start"),
    named(
      "the log moved away",
      "mv /srv/own.log /srv/own.log.1; kill -HUP $(cat /run/ldirectord.web.cf.pid)",
    ),
    act("ldirectord web.cf stop", {
      id: "quiet-warnings",
      original: /^Warning \[PID\]/,
    }),
  ],
};

const supervised: Scene = {
  name: "supervised",
  files: { "/etc/ha.d/web.cf": `checkinterval=1\nsupervised=yes\n${external}\n` },
  differs: [
    { id: "start-dance", original: /real server: |^Resetting soft failure count: / },
    perlWarnings,
  ],
  acts: [
    named(
      "runs in the foreground, and says all to standard output",
      `ldirectord web.cf start & pid=$!; ${rounds(2)}; kill $pid; wait $pid`,
    ),
  ],
};

export const commandScenes: readonly Scene[] = [
  commands,
  commandLine,
  mistakes,
  reloads,
  autoreload("autoreload=yes", "yes"),
  autoreload("autoreload=no, callback", "no"),
  execute,
  globals,
  supervised,
];
