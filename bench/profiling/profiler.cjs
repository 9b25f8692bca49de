// Loaded before the daemon, whose end is too sudden for node --cpu-prof: from PROFILE_FROM ms on, PROFILE_FOR ms long, what
// runs goes to the file PROFILE.
const { Session } = require("node:inspector");
const { writeFileSync } = require("node:fs");

const { PROFILE, PROFILE_FROM, PROFILE_FOR } = process.env;
const session = new Session();
session.connect();
session.post("Profiler.enable");
session.post("Profiler.setSamplingInterval", { interval: 500 });
const later = (ms, work) => setTimeout(work, Number(ms)).unref();
later(PROFILE_FROM, () => {
  session.post("Profiler.start");
  later(PROFILE_FOR, () =>
    session.post("Profiler.stop", (_error, { profile }) =>
      writeFileSync(PROFILE, JSON.stringify(profile)),
    ),
  );
});
