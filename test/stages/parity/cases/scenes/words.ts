import type { Difference } from "../../case.ts";
import type { Act } from "../../scene.ts";

export const act = (run: string, ...differs: Difference[]): Act => ({
  name: run.split("\n")[0] ?? run,
  run,
  ...(differs.length > 0 && { differs }),
});
export const named = (name: string, run: string, ...differs: Difference[]): Act => ({
  ...act(run, ...differs),
  name,
});

export const service = `
virtual=VIP:80
    real=RS1:80 masq
    checktype=connect
`;
/** Its servers die and return by a file. */
export const external = service.replace("connect", "external\n    checkcommand=/srv/check");
export const file = `checkinterval=1\n${service}\n`;

/** Shell: goes on once the condition holds, at the latest after two minutes: then what follows differs. */
export const once = (condition: string): string =>
  `for ((i = 0; i < 300; i += 1)); do ${condition} && break; sleep 0.4; done`;
/** Shell: until the server of `external` is asked so many times more. What came before the last but one is over. */
export const rounds = (count: number): string =>
  `asked; seen=$checks; ${once(`{ asked; ((checks >= seen + ${count})); }`)}`;
/** Shell: without warning, and until it is gone. */
export const killed = (config: string): string =>
  `pid=$(cat /run/ldirectord.${config}.pid); kill -9 $pid; ${once("! kill -0 $pid 2>/dev/null")}`;

export const start = act("ldirectord web.cf start");
export const stop = act("ldirectord web.cf stop");
export const dies = named("the server dies", "touch /srv/bad-RS1");
export const returns = named("the server returns", "rm /srv/bad-RS1");
export const hup = named("HUP", "kill -HUP $(cat /run/ldirectord.web.cf.pid)");

/** The original says nothing on the terminal. */
export const reloadSpeaks: Difference = {
  id: "reload-speaks",
  ours: /^ldirectord (for .* reads it again, pid: |is stopped for )/,
};
/** Only a stop cleans the table: the original empties it at each restart and fills it anew. */
export const restartHandsOver: Difference = {
  id: "restart-hands-over",
  original: /^Purged |^Added |terminated on signal: TERM$/,
  ours: /terminated on signal: USR2$/,
};

export const statusUnknown: Difference = {
  id: "status-unknown",
  original: /^1$|exit_status 1/,
  ours: /^4$|exit_status 4/,
};
export const notFoundReason: Difference = {
  id: "not-found-reason",
  original: /^Config file \S+ not found$/,
  ours: /^Config file \S+ not found: /,
};

/** The original notes every `status`. */
export const quietStatus: Difference = {
  id: "quiet-status",
  original:
    /^Invoking ldirectord invoked as: PROGRAM .*status |^ldirectord (for .* is running|is stopped)|^Exiting (from ldirectord status|with exit_status \d: Exiting from ldirectord status)|^ldirectord stale pid file/,
};
/** What is wrong besides the first line. */
export const allMistakes: Difference = {
  id: "mistakes",
  ours: /^\/\S+\.cf(:\d+:\d+)?: |^The configuration/,
};
export const failedReload: Difference = {
  id: "failed-reload",
  ours: /^Reload of .* failed: /,
};
/** A program's end other than 0: the original's reason is whatever errno was left behind. */
export const failedCommand: Difference = {
  id: "failed-command",
  original: /^system\(.*\) failed: /,
  ours: /^system\(.*\) failed: exit status \d+$/,
};
/** What is told to who starts a daemon; of a log it is left out. */
export const ownWarnings: Difference = {
  id: "own-warnings",
  ours: /^\/etc\/ha\.d\/web\.cf:\d+:\d+: warning: /,
};
export const perlWarnings: Difference = {
  id: "perl-warnings",
  original: / at \/usr\/sbin\/ldirectord line \d+/,
};
/** An edit that no daemon finds before it is told of it: each looks in its own time. */
export const reread = (name: string, edit: string): Act =>
  named(
    name,
    `pid=$(cat /run/ldirectord.web.cf.pid); kill -STOP $pid; ${edit}; kill -HUP $pid; kill -CONT $pid`,
  );
