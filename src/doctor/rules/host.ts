/** What the daemon needs of this host. */
import { fine, type Rule, whenSeen, wrong } from "../rule.ts";

/** health/probes/limits.ts: three descriptors a check that is under way, and 128 for all else. */
const descriptorsFor = (checks: number): number => 128 + 3 * checks;

const openFiles: Rule = {
  id: "open-files",
  severity: "advice",
  finds: "the limit of open files is too low for all checks at once",
  why: "checks wait for each other, and a dead server is found out late",
  look: ({ virtuals, openFiles: { limit, of } }) => {
    const checks = virtuals.reduce((sum, { reals }) => sum + reals.length, 0);
    const wanted = descriptorsFor(checks);
    const what = `${of} may have ${limit} open files; ${checks} checks may want ${wanted}`;
    if (limit >= wanted) return [fine(what)];
    return [
      wrong(what, [`systemctl edit ldirectord  # [Service] LimitNOFILE=${wanted}`, "ulimit -n"]),
    ];
  },
};

const synchronised: Rule = {
  id: "clock",
  severity: "advice",
  finds: "nobody keeps the clock of this host right",
  why: "certificates seem to be of the past or the future, and logs do not go together",
  look: ({ clock }) =>
    whenSeen(clock.isSynchronised, "whether the clock is kept right", (isSo) => [
      isSo
        ? fine("the clock is synchronised")
        : wrong("the kernel calls its clock unsynchronised", ["timedatectl set-ntp true"]),
    ]),
};

/** Nobody runs this before it was written, and its dates end with 32 bits. */
const years = { first: 2025, last: 2105 } as const;

const year: Rule = {
  id: "year",
  severity: "fault",
  finds: "the clock is years off",
  why: "no certificate is valid, and checks over TLS say that servers are down",
  look: ({ clock: { now } }) => {
    const here = new Date(now).getUTCFullYear();
    const isLikely = here >= years.first && here <= years.last;
    const what = `it is ${here} here`;
    return [isLikely ? fine(what) : wrong(what, ["timedatectl set-time 'YYYY-MM-DD hh:mm:ss'"])];
  },
};

export const hostRules: readonly Rule[] = [openFiles, synchronised, year];
