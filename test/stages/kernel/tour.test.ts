/** docs/tour.md, word for word: its commands in their order, against a daemon on the kernel's table. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { connect } from "../../../src/ctl/client.ts";
import type { Snapshot } from "../../../src/status/snapshot.ts";
import { example, isOriginal, ourProgram } from "../../lab/director.ts";
import { Lab } from "../../lab/lab.ts";
import { runIn, spawnIn } from "../../lab/namespace.ts";
import { say } from "../../lab/say.ts";
import { directRouting, VIP } from "../../lab/topologies.ts";
import { stepsOf, transcriptOf, withoutTimes } from "../../lab/transcript.ts";
import { patienceMs, until } from "../../lab/until.ts";

const page = readFileSync(join(import.meta.dirname, "../../../docs/tour.md"), "utf8");
const ctlProgram = join(dirname(ourProgram), "ldirectorctl.js");

/** Where the tour's operator is; here it is the lab's folder. */
const home = "/etc/ha.d";

describe.skipIf(isOriginal)("the tour", () => {
  let lab: Lab;
  let file: string;
  let played = "";

  const ldirectord = (command: string) =>
    runIn(lab.director, process.execPath, [ourProgram, file, command]);

  beforeAll(async () => {
    lab = await Lab.open({ topology: directRouting(), servers: { ports: [80] } });
    file = join(lab.folder, "ldirectord.cf");
    const text = await readFile(example("dr.cf"), "utf8");
    const quiet = text.replace("autoreload=yes", "autoreload=no");
    await writeFile(file, `${quiet}logfile="${lab.folder}/log"\n`);
    const ini = `[daemon]\nrundir=${lab.folder}\n[control]\nstate=${lab.folder}/state\n`;
    await writeFile(join(lab.folder, "ldirectord-ng.ini"), ini);
    await mkdir(join(lab.folder, "bin"));
    const script = join(lab.folder, "bin/ldirectorctl");
    await writeFile(script, `#!/bin/sh\nexec ${process.execPath} ${ctlProgram} -c ${file} "$@"\n`);
    await chmod(script, 0o755);
    await ldirectord("start");
  });
  afterEach(async ({ task }) => {
    if (task.result?.state !== "fail") return;
    say(`what was played:\n${played}`);
    await lab.printReport();
  });
  afterAll(async () => {
    await ldirectord("stop").catch(() => undefined);
    await lab.close();
  });

  /** The state of each real server, by its address. */
  const states = async (): Promise<Readonly<Record<string, string>>> => {
    const daemon = await connect(file);
    try {
      const { services } = (await daemon.ask("GET", "/v1/status")).body as Snapshot;
      const reals = services.flatMap((service) =>
        service.servers.filter(({ role }) => role === "real"),
      );
      return Object.fromEntries(reals.map(({ server, state }) => [server.split(":")[0], state]));
    } finally {
      await daemon.close();
    }
  };
  const untilAll = (addresses: readonly string[], wanted: string) =>
    until(
      states,
      (now) => addresses.every((address) => now[address] === wanted),
      `${addresses.join(", ")}: ${wanted}`,
    );

  let whileItRuns: { readonly hint: RegExp; readonly act: () => Promise<unknown> } | undefined;

  /** @param words of a directive */
  async function change(words: string): Promise<void> {
    const [, addresses, state = ""] = /^until (.+) (?:is|are) (\w+)$/.exec(words) ?? [];
    if (addresses !== undefined) await untilAll(addresses.split(" and "), state);
    else if (words === "rs2 dies") await lab.rs2.kill();
    else if (words === "rs2 returns") await lab.rs2.restart();
    else if (words === "3 clients connect") await lab.client.openConnections(`http://${VIP}/`, 3);
    else if (words === "they leave once they were counted") {
      whileItRuns = { hint: /connections?, /, act: () => lab.client.finishConnections() };
    } else throw new Error(`docs/tour.md: no such directive: ${words}`);
  }

  /** @param code of the command before, for `echo $?` */
  async function play(command: string, code: number): Promise<[string, number]> {
    const line = command.replaceAll(home, lab.folder);
    const child = spawnIn(lab.director, "sh", ["-c", `exec 2>&1; (exit ${code}); ${line}`], {
      cwd: lab.folder,
      env: { ...process.env, PATH: `${lab.folder}/bin:${process.env["PATH"]}`, NO_COLOR: "1" },
      stdio: ["ignore", "pipe", "inherit"],
      timeout: patienceMs,
      killSignal: "SIGKILL",
    });
    let said = "";
    let meanwhile: Promise<unknown> | undefined;
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      if (whileItRuns?.hint.test(said)) meanwhile ??= whileItRuns.act();
    });
    const [exitCode] = (await once(child, "close")) as [number | null];
    await meanwhile;
    whileItRuns = undefined;
    return [said.replaceAll(lab.folder, home), exitCode ?? -1];
  }

  test("is what happens, word for word but for times", { timeout: 600_000 }, async () => {
    let written = "";
    let code = 0;
    for (const step of stepsOf(page)) {
      if (step.kind === "file") await writeFile(join(lab.folder, step.name), step.text);
      else if (step.kind === "world") await change(step.words);
      else {
        const { command, output } = step;
        const [said, ended] = await play(command, code);
        code = ended;
        played += transcriptOf(command, said);
        written += transcriptOf(command, output);
      }
    }
    expect(withoutTimes(played)).toBe(withoutTimes(written));
  });
});
