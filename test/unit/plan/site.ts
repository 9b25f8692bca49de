import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Check, down, type Probe, up } from "../../../checks/check.ts";
import { type CheckRegistry, loadChecks } from "../../../checks/registry.ts";
import { noFileFacts } from "../../../src/config/build/file-facts.ts";
import { noLookups } from "../../../src/config/names/stand-in-resolver.ts";
import { type Daemon, startDaemon } from "../../../src/daemon/daemon.ts";
import { type Prepared, prepare, type Ready } from "../../../src/daemon/prepare.ts";
import { EmbeddedIpvs } from "../../../src/ipvs/embedded-ipvs.ts";
import type { Ipvs, TableRow } from "../../../src/ipvs/ipvs.ts";
import { ok } from "../../../src/model/result.ts";
import { memoryLog } from "../../support/fakes/memory-log.ts";
import { ScriptedIpvs } from "../../support/fakes/scripted-ipvs.ts";

const registry = await loadChecks();

/**
 * A daemon on an embedded table, whose checks ask nobody: who is in `downHosts` is down, all others are up, and while
 * `isSilent` nobody answers. `DIR` in a file is a folder of the site's own.
 */
export class Site {
  readonly folder = mkdtempSync(join(tmpdir(), "plan-test-"));
  readonly path = join(this.folder, "web.cf");
  readonly ipvs: ScriptedIpvs;
  readonly log = memoryLog();
  isSilent = true;
  downHosts: ReadonlySet<string> = new Set();
  rereadMs = 0;
  #daemon: Daemon | undefined;
  readonly #probe: Probe = async ({ address }, signal) => {
    while (this.isSilent) {
      await new Promise((resolve) => setImmediate(resolve));
      signal.throwIfAborted();
    }
    return this.downHosts.has(address) ? down("refused", "refused") : up("fine");
  };
  readonly #check: Check = {
    services: [],
    needsPort: false,
    prepare: ({ request = "", receive = "", negotiateTimeoutMs }) =>
      ok({
        probe: this.#probe,
        timeoutMs: negotiateTimeoutMs,
        probeKey: JSON.stringify([request, receive]),
      }),
  };
  readonly #checks: CheckRegistry = {
    ...registry,
    byService: () => this.#check,
    byCheckType: () => this.#check,
  };

  constructor(table: Ipvs = new EmbeddedIpvs()) {
    this.ipvs = new ScriptedIpvs(table);
  }

  get daemon(): Daemon {
    if (this.#daemon === undefined) throw new Error("not started");
    return this.#daemon;
  }

  /** @param names files that hold servers out */
  maintain(dir: string, names: readonly string[]): void {
    mkdirSync(join(this.folder, dir), { recursive: true });
    for (const name of names) writeFileSync(join(this.folder, dir, name), "");
  }

  write(text: string, ini?: string): void {
    writeFileSync(this.path, text.replaceAll("DIR", this.folder));
    if (ini !== undefined) writeFileSync(join(this.folder, "ldirectord-ng.ini"), ini);
  }

  prepared(): Promise<Prepared> {
    return prepare(this.path, this.#checks, {
      resolver: noLookups(),
      inspectFiles: async () => noFileFacts,
    });
  }

  /** As the control socket has it done: of texts, and no file. */
  preparedFrom(path: string, readFile: (path: string) => Promise<Uint8Array>): Promise<Prepared> {
    return prepare(path, this.#checks, { resolver: noLookups(), readFile });
  }

  async ready(): Promise<Ready> {
    const prepared = await this.prepared();
    if (!prepared.ok) throw new Error(prepared.problems.map(({ text }) => text).join("\n"));
    return prepared;
  }

  async seed(rows: readonly TableRow[]): Promise<void> {
    for (const { service, dests } of rows) {
      await this.ipvs.table.apply([
        { kind: "add-service", service },
        ...dests.map((dest) => ({ kind: "add-dest", key: service.key, dest }) as const),
      ]);
    }
  }

  async start(prepared: Ready): Promise<void> {
    this.#daemon = await startDaemon({
      log: this.log,
      ipvs: this.ipvs,
      prepared,
      prepareAgain: () => this.prepared(),
      rereadMs: this.rereadMs,
    });
  }

  /** All answer, once. */
  async firstRound(): Promise<void> {
    this.isSilent = false;
    await this.daemon.firstRound();
    this.isSilent = true;
  }

  async close(): Promise<void> {
    this.isSilent = false;
    await this.#daemon?.stop("TERM");
    rmSync(this.folder, { recursive: true, force: true });
  }
}
