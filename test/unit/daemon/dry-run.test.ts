import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { loadChecks } from "../../../checks/registry.ts";
import { inspectWhatIsRead } from "../../../src/config/build/file-facts.ts";
import { type Daemon, startDaemon } from "../../../src/daemon/daemon.ts";
import { prepare } from "../../../src/daemon/prepare.ts";
import { EmbeddedIpvs } from "../../../src/ipvs/embedded-ipvs.ts";
import { memoryLog } from "../../support/fakes/memory-log.ts";

/** A file with everything that acts on something, and a server that goes, so that all of it has a reason to. */
async function scene(isDryRun: boolean) {
  const folder = mkdtempSync(join(tmpdir(), "dry-run-"));
  const note = (name: string) =>
    writeFileSync(join(folder, name), `#!/bin/sh\necho "$@" >>${folder}/${name}.called\n`, {
      mode: 0o755,
    });
  for (const name of ["fallback", "callback", "mail", "ldirectord", "hook"]) note(name);
  let mails = 0;
  const smtp = createServer((socket) => {
    mails++;
    socket.on("error", () => {}).destroy();
  });
  await new Promise<void>((resolve) => smtp.listen(0, "127.0.0.1", resolve));
  const path = join(folder, "web.cf");
  const virtual = (port: number, more: string) =>
    `virtual=127.0.0.1:${port}\n    real=127.0.0.1:9 masq\n    checktype=connect\n    emailalert=ops@example.net\n    fallbackcommand=${folder}/fallback\n    monitorfile=${folder}/monitor.log\n${more}\n`;
  const file = (comment: string) =>
    `# ${comment}\nlogfile="/nonexistent/x.log"\ncheckinterval=1\nautoreload=yes\nexecute=other.cf\ncallback="${folder}/callback"\n${virtual(80, "    smtp=127.0.0.1")}${virtual(81, "")}`;
  writeFileSync(path, file("one"));
  writeFileSync(
    join(folder, "ldirectord-ng.ini"),
    `[health]\ndirectory=${folder}\n[health-hook]\ncommand=${folder}/hook\n`,
  );

  const checks = await loadChecks();
  const log = memoryLog();
  const read = () => prepare(path, checks, { inspectFiles: inspectWhatIsRead });
  const prepared = await read();
  if (!prepared.ok) throw new Error(prepared.problems.map(({ text }) => text).join("\n"));
  const daemon: Daemon = await startDaemon({
    log,
    ipvs: new EmbeddedIpvs(),
    prepared,
    prepareAgain: read,
    program: [join(folder, "ldirectord")],
    mail: { smtpPort: (smtp.address() as AddressInfo).port, mailProgram: join(folder, "mail") },
    isDryRun,
  });
  onTestFinished(async () => {
    await daemon.stop("TERM");
    smtp.close();
    rmSync(folder, { recursive: true });
  });
  await daemon.firstRound();
  writeFileSync(path, file("two"));
  return { folder, log, daemon, mails: () => mails };
}

const everything = [
  "callback.called",
  "fallback.called",
  "hook.called",
  "ldirectord.called",
  "ldirectord.health",
  "mail.called",
  "monitor.log",
];

test("a dry run acts on nothing, and says what a daemon would have done", async () => {
  const { folder, log, daemon, mails } = await scene(true);
  await vi.waitFor(() => expect(log.lines.join("\n")).toContain("callback"), { timeout: 8000 });
  await daemon.stop("TERM");
  const found = readdirSync(folder);
  expect(found.sort()).toEqual([
    ...["callback", "fallback", "hook", "ldirectord", "ldirectord-ng.ini", "mail", "web.cf"],
  ]);
  expect(mails()).toBe(0);
  const said = new Set(log.lines.filter((line) => line.startsWith("Dry run, not done: ")));
  for (const what of [
    `run ${folder}/callback ${folder}/web.cf`,
    `run ${folder}/fallback start 127.0.0.1:80 tcp`,
    `run ${folder}/hook 127.0.0.1:80 nobody 0 1 tcp`,
    `run ${folder}/ldirectord other.cf start`,
    `run ${folder}/ldirectord other.cf stop`,
    `run ${folder}/mail -t`,
    "send this to ops@example.net by 127.0.0.1",
    `write to ${folder}/monitor.log`,
    `write to ${folder}/ldirectord.health`,
  ]) {
    expect(said).toContain(`Dry run, not done: ${what}`);
  }
});

// What the test above rests on: each of these is reached by that file.
test("the same file in earnest does all of it", async () => {
  const { folder, mails } = await scene(false);
  await vi.waitFor(
    () => {
      for (const name of everything) expect(existsSync(join(folder, name)), name).toBe(true);
      expect(mails()).toBeGreaterThan(0);
    },
    { timeout: 8000 },
  );
});
