import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadChecks } from "../../checks/registry.ts";
import { NameMemory } from "../../src/config/names/memory.ts";
import { directorOf } from "../../src/control/of-daemon.ts";
import { openControl } from "../../src/control/server.ts";
import { runCtl } from "../../src/ctl/program.ts";
import { startDaemon } from "../../src/daemon/daemon.ts";
import { prepare } from "../../src/daemon/prepare.ts";
import type { Ipvs } from "../../src/ipvs/ipvs.ts";
import { RecordRing } from "../../src/log/sinks/ring.ts";
import { heardTerminal } from "./fakes/heard-terminal.ts";
import { type MemoryLog, memoryLog } from "./fakes/memory-log.ts";

export interface ControlledDaemon {
  readonly log: MemoryLog;
  /** `ldirectorctl -c FILE …` */
  ctl(...args: readonly string[]): Promise<{ code: number; out: string; err: string }>;
  /** @param path with its query @returns the status and the JSON of the answer */
  ask(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }>;
  close(): Promise<void>;
}

/** A daemon on this table, in this process, with a control socket of its own. */
export async function controlledDaemon(ipvs: Ipvs, cf: string): Promise<ControlledDaemon> {
  const folder = mkdtempSync(join(tmpdir(), "controlled-"));
  const [path, socketPath] = [join(folder, "web.cf"), join(folder, "control.sock")];
  writeFileSync(path, cf);
  writeFileSync(join(folder, "ldirectord-ng.ini"), `[control]\nsocket = ${socketPath}\n`);
  const checks = await loadChecks();
  const memory = new NameMemory();
  const prepared = await prepare(path, checks, { memory });
  if (!prepared.ok) throw new Error(prepared.problems.map(({ text }) => text).join("\n"));
  const log = memoryLog();
  const daemon = await startDaemon({
    log,
    ipvs,
    prepared,
    prepareAgain: () => prepare(path, checks, { memory }),
    rereadMs: 0,
  });
  const director = directorOf({
    daemon,
    records: new RecordRing(),
    addressOf: (name) => memory.addressOf(name),
    prepareTexts: (from, readFile) => prepare(from, checks, { memory: memory.copied(), readFile }),
  });
  const control = await openControl({ path: socketPath, director, log });
  if (control === undefined) throw new Error(log.lines.join("\n"));
  return {
    log,
    async ctl(...args) {
      const { terminal, heard } = heardTerminal();
      const screen = { ...terminal, columns: undefined, rows: undefined, hasColour: false };
      const code = await runCtl(["-c", path, ...args], screen);
      return { code, ...heard };
    },
    ask: (method, route, body) =>
      new Promise((resolve, reject) => {
        const sent = request({ socketPath, method, path: route, agent: false }, (response) => {
          let text = "";
          response.setEncoding("utf8").on("data", (more: string) => {
            text += more;
          });
          response.on("error", reject);
          response.on("end", () => {
            resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) });
          });
        });
        sent.on("error", reject);
        sent.end(body === undefined ? undefined : JSON.stringify(body));
      }),
    async close() {
      await control.close();
      await daemon.stop("TERM");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
