import type { Difference } from "../../case.ts";
import type { Scene } from "../../scene.ts";
import {
  act,
  allMistakes,
  external,
  failedCommand,
  failedReload,
  named,
  once,
  ownWarnings,
  reloadSpeaks,
  reread,
  rounds,
  start,
  stop,
} from "./words.ts";

const watched = (more: string): Record<string, string> => ({
  "/etc/ha.d/web.cf": `checkinterval=1\n${more}\n${external}\n`,
});
const begin = named("start", `ldirectord web.cf start; ${rounds(2)}`);
const edit = (name: string, sed: string) =>
  named(name, `sed -i '${sed}' /etc/ha.d/web.cf; ${rounds(4)}`);

const mended: Scene = {
  name: "autoreload, a file that is broken, gone and mended",
  files: watched("autoreload=yes"),
  differs: [allMistakes, failedReload],
  acts: [
    begin,
    edit("broken", "$ a nonsense=1"),
    named("the server dies meanwhile", "touch /srv/bad-RS1"),
    edit("mended", "/nonsense/d"),
    named("the server returns", "rm /srv/bad-RS1"),
    named("gone", `mv /etc/ha.d/web.cf /srv/web.cf; ${rounds(4)}`),
    named("back as it was", `mv /srv/web.cf /etc/ha.d/web.cf; ${rounds(4)}`),
    edit("edited", "s/masq$/masq 3/"),
    edit("autoreload=no", "s/autoreload=yes/autoreload=no/"),
    edit("not read any more", "s/masq 3$/masq 5/"),
    named("but by hand", "ldirectord web.cf reload", reloadSpeaks),
    stop,
  ],
};

const callback = (name: string, path: string, before: string, ...differs: Difference[]): Scene => ({
  name: `callback, ${name}`,
  differs,
  files: watched(`autoreload=yes\ncallback="${path}"`),
  acts: [named("start", `${before}\n${begin.run}`), edit("edited", "s/masq$/masq 3/"), stop],
});

const failing = `printf '#!/bin/sh\\necho "failing $*" >>/srv/calls\\nexit 3\\n' >/srv/failing; chmod +x /srv/failing`;
const slow = `printf '#!/bin/sh\\necho "slow $*" >>/srv/calls\\nsleep 3\\n' >/srv/slow; chmod +x /srv/slow`;

const hanging: Scene = {
  name: "callback, one that hangs",
  files: watched('autoreload=yes\ncallback="/srv/hanging"'),
  acts: [
    named(
      "start",
      `cat >/srv/hanging <<'END'
#!/bin/sh
echo "hanging $*" >>/srv/calls
until [ -e /srv/free ]; do sleep 0.1; done
END
chmod +x /srv/hanging
${begin.run}`,
    ),
    named(
      "edited",
      `sed -i 's/masq$/masq 3/' /etc/ha.d/web.cf; ${once("grep -q ^hanging /srv/calls")}`,
    ),
    named("the server dies meanwhile", "touch /srv/bad-RS1", {
      id: "callback-hangs",
      original: / masq weight 3 /,
      ours: /^real \S+ of \S+: gone$/,
    }),
    named("the callback ends", "touch /srv/free", {
      id: "callback-hangs",
      original: /^real \S+ of \S+: gone$/,
    }),
    named("the server returns", "rm /srv/bad-RS1"),
    stop,
  ],
};

const reloadByHand: Scene = {
  name: "reload, callback is not for it",
  files: watched('callback="/srv/callback"'),
  acts: [start, act("ldirectord web.cf reload", reloadSpeaks), stop],
};

const globalsChange: Scene = {
  name: "globals by a reload",
  files: watched("maintenancedir=/srv/maintenance"),
  acts: [
    start,
    reread(
      "another maintenancedir",
      "mkdir /srv/other; touch /srv/other/RS1; sed -i s#/srv/maintenance#/srv/other# /etc/ha.d/web.cf",
    ),
    reread("none", "sed -i /maintenancedir/d /etc/ha.d/web.cf"),
    reread("quiescent=yes", "echo quiescent=yes >>/etc/ha.d/web.cf"),
    named("the server dies", `${rounds(2)}; touch /srv/bad-RS1`),
    reread("a global fallback", "echo fallback=RS3:80 >>/etc/ha.d/web.cf"),
    reread("without it", "sed -i /fallback=/d /etc/ha.d/web.cf"),
    named("the server returns", "rm /srv/bad-RS1"),
    stop,
  ],
};

export const reloadScenes: readonly Scene[] = [
  mended,
  callback("a name with a blank", "/srv/call back", "cp /srv/callback '/srv/call back'", {
    id: "callback-blank",
    original: /^system\(\/srv\/call back /,
    ours: /^callback \/etc/,
  }),
  callback("one that fails", "/srv/failing", failing, failedCommand),
  callback("one that takes its time", "/srv/slow", slow),
  hanging,
  callback("one that is missing", "/srv/missing", ":", ownWarnings),
  callback("one that is not executable", "/srv/callback", "chmod -x /srv/callback", ownWarnings),
  reloadByHand,
  globalsChange,
];
