import { type ChildProcess, spawn } from "node:child_process";
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, vi } from "vitest";

const built = (name: string) =>
  fileURLToPath(new URL(`../../../dist/src/${name}.js`, import.meta.url));
export const cli = built("cli");

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function onNodeSockets(ini: string): string {
  if (ini.includes("engine=")) return ini;
  const [before, after] = ini.split("[checks]\n");
  return `${before}[checks]\nengine=node\n${after ?? ""}`;
}

/** A machine of one operator: a folder with a configuration, its ini, its log and its pid files. */
export class Site {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), "ldirectord-site-")));
  readonly cf = join(this.folder, "web.cf");
  readonly logFile = join(this.folder, "web.log");
  readonly pidFile = join(this.folder, "ldirectord.web.cf.pid");
  /** Node.js's own, before the program. */
  readonly nodeOptions: string[] = [];
  readonly #children = new Set<ChildProcess>();
  readonly #daemons = new Set<number>();

  constructor() {
    this.write(
      "ldirectord-ng.ini",
      `[table]\nbackend=embedded\n[daemon]\nrundir=${this.folder}\nstop-timeout-seconds=5\n`,
    );
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  write(name: string, text: string): void {
    const isIni = name === "ldirectord-ng.ini";
    writeFileSync(
      this.path(name),
      isIni && process.env["LAB_ENGINE"] === "node" ? onNodeSockets(text) : text,
    );
  }

  read(name: string): string {
    const path = this.path(name);
    return existsSync(path) ? readFileSync(path, "utf8") : "";
  }

  /** A program for a directive: it notes how it was called, one line a call. */
  writeRecorder(name: string): void {
    writeFileSync(this.path(name), `#!/bin/sh\necho "$@" >> ${this.path(`${name}.calls`)}\n`, {
      mode: 0o755,
    });
  }

  /** Starts our program here. */
  spawn(...args: string[]): Running {
    return this.#spawn(cli, args);
  }

  /** Runs a command of ldirectorctl for web.cf. */
  ctl(...args: string[]): Promise<Ran> {
    return this.#spawn(built("ldirectorctl"), ["-c", this.cf, ...args]).ended;
  }

  #spawn(program: string, args: readonly string[]): Running {
    const child = spawn(process.execPath, [...this.nodeOptions, program, ...args], {
      cwd: this.folder,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#children.add(child);
    return new Running(child);
  }

  /** Runs a command to its end, as typed in this folder. */
  async run(...args: string[]): Promise<Ran> {
    const ran = await this.spawn(...args).ended;
    const pid = this.pid();
    if (pid !== undefined) this.#daemons.add(pid);
    return ran;
  }

  /** Starts the daemon and expects that to work in silence. */
  async start(): Promise<number> {
    expect(await this.run(this.cf, "start")).toEqual({ code: 0, stdout: "", stderr: "" });
    return Number(this.read("ldirectord.web.cf.pid"));
  }

  /** Of the daemon for web.cf, when there is a number in its file. */
  pid(): number | undefined {
    const pid = Number(this.read("ldirectord.web.cf.pid"));
    return pid > 0 ? pid : undefined;
  }

  /** The log without what stands in brackets. */
  lines(): string[] {
    const lines = this.read("web.log").split("\n").slice(0, -1);
    return lines.map((line) => line.replace(/^\[.*?\] /, ""));
  }

  /** The log's lines from `mark` (a count of lines) on, once one of them fits. */
  async logged(pattern: RegExp | string, mark = 0): Promise<string[]> {
    return vi.waitFor(
      () => {
        const lines = this.lines().slice(mark);
        const fits = lines.some((line) =>
          typeof pattern === "string" ? line === pattern : pattern.test(line),
        );
        if (!fits) throw new Error(`not logged: ${pattern}\n${this.lines().join("\n")}`);
        return lines;
      },
      { timeout: 20_000, interval: 20 },
    );
  }

  /** Ends what was started here, by its own number. */
  async close(): Promise<void> {
    for (const child of this.#children) child.kill("SIGKILL");
    for (const pid of this.#daemons) if (this.#isOurs(pid)) process.kill(pid, "SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }

  #isOurs(pid: number): boolean {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(cli);
    } catch {
      return false;
    }
  }
}

/** A program under way, and what it prints. */
export class Running {
  stdout = "";
  stderr = "";
  readonly ended: Promise<Ran>;
  readonly #child: ChildProcess;

  constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    this.ended = new Promise((resolve) =>
      child.once("close", (code) => resolve({ code, stdout: this.stdout, stderr: this.stderr })),
    );
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Once it has printed that. */
  async printed(stream: "stdout" | "stderr", pattern: RegExp): Promise<void> {
    await vi.waitFor(() => expect(this[stream]).toMatch(pattern), {
      timeout: 20_000,
      interval: 20,
    });
  }
}

/** Not gone, and not a zombie that only waits for somebody to read its exit code. */
export function isAlive(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8") !== "";
  } catch {
    return false;
  }
}

/** A real server that can die and come back on the same port. */
export class WebServer {
  port = 0;
  #server: Server | undefined;

  static async start(): Promise<WebServer> {
    const web = new WebServer();
    await web.start();
    return web;
  }

  async start(): Promise<void> {
    const server = createServer((_request, response) => response.end("Welcome\n"));
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(this.port, "127.0.0.1", resolve);
    });
    this.port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}
