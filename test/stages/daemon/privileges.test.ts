/** What programs that the configuration names have of us, and who may write to what we write. */
import { spawnSync } from "node:child_process";
import { chmodSync, readFileSync, statSync } from "node:fs";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { cli, Site } from "./site.ts";

let site: Site;
beforeEach(() => {
  site = new Site();
  chmodSync(site.folder, 0o1777);
});
afterEach(() => site.close());

/** As the hardened unit has them; the third is for a checkout that not everybody may read. */
const given = "+net_admin,+net_raw,+dac_read_search";
/** linux/capability.h: bits 2, 12 and 13. */
const bits = "0000000000003004";
const asService = [
  ...["--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs"],
  ...[`--inh-caps=-all,${given}`, `--ambient-caps=-all,${given}`, `--bounding-set=-all,${given}`],
];

const run = (...words: string[]) =>
  spawnSync("setpriv", [...asService, process.execPath, cli, ...words], {
    cwd: site.folder,
    encoding: "utf8",
    timeout: 20_000,
  });

const mayBecome = spawnSync("setpriv", [...asService, "true"]).status === 0;
if (!mayBecome) process.stderr.write("privileges skipped: wants root and setpriv\n");
const asUser = test.skipIf(!mayBecome);

/** Notes the capabilities of whoever runs it. */
function writeProbe(name: string): void {
  site.write(
    name,
    `#!/bin/sh\ngrep ^Cap /proc/self/status >${site.path(`${name}.caps`)}\nexit 1\n`,
  );
  chmodSync(site.path(name), 0o755);
}

const capabilities = (text: string) =>
  Object.fromEntries([...text.matchAll(/^Cap(\w+):\t(\w+)$/gm)].map(([, set, it]) => [set, it]));
const ofProbe = (name: string) =>
  vi.waitFor(
    () => {
      const found = capabilities(site.read(`${name}.caps`));
      expect(Object.keys(found)).toHaveLength(5);
      return found;
    },
    { timeout: 15_000 },
  );

asUser(
  "programs of the configuration inherit no capability, another instance has them all",
  async () => {
    for (const name of ["check", "fallback"]) writeProbe(name);
    site.write("other.cf", `logfile="${site.path("other.log")}"\n`);
    site.write(
      "web.cf",
      `logfile="${site.logFile}"
execute="${site.path("other.cf")}"
checkinterval=1
virtual=127.0.0.1:8099
        real=127.0.0.1:9 masq
        fallbackcommand="${site.path("fallback")}"
        checktype=external
        checkcommand=${site.path("check")}
`,
    );
    expect(run(site.cf, "start")).toMatchObject({ status: 0, stderr: "" });
    try {
      const none = { Inh: "0000000000000000", Prm: "0000000000000000", Eff: "0000000000000000" };
      for (const name of ["check", "fallback"]) {
        expect(await ofProbe(name)).toMatchObject({ ...none, Amb: "0000000000000000" });
      }
      const ofProcess = (pidFile: string) =>
        capabilities(readFileSync(`/proc/${site.read(pidFile).trim()}/status`, "utf8"));
      expect(ofProcess("ldirectord.web.cf.pid")).toMatchObject({ Eff: bits, Prm: bits });
      const other = await vi.waitFor(() => ofProcess("ldirectord.other.cf.pid"), {
        timeout: 15_000,
      });
      expect(other).toMatchObject({ Eff: bits, Prm: bits });
    } finally {
      run(site.cf, "stop");
    }
  },
);

test("whatever the umask is, nobody else may write to the log and the pid file", async () => {
  site.write("web.cf", `logfile="${site.logFile}"\n`);
  const umask = process.umask(0);
  try {
    await site.start();
  } finally {
    process.umask(umask);
  }
  for (const file of [site.logFile, site.pidFile]) expect(statSync(file).mode & 0o777).toBe(0o644);
  await site.run(site.cf, "stop");
});
