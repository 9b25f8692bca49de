/**
 * Every file in checks/ meets the same five servers. A new one is met by itself; it needs a row below
 * only where what it says differs from `usual`, or where it wants settings.
 */

import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Check, CheckSettings } from "../../../checks/check.ts";
import { useEngine } from "../../../checks/lib/engine/engine.ts";
import { isLocalFault } from "../../../checks/lib/fault.ts";
import { expectedOf } from "../../../checks/lib/receive/expected.ts";
import { loadChecks } from "../../../checks/registry.ts";
import { theRuns } from "../../support/engine-kind.ts";
import {
  closing,
  endless,
  loopbacks,
  refusing,
  silent,
  trickling,
} from "../../support/servers/scripted.ts";
import { eventually, openSockets, outcome, prepared, settings, word } from "./probing.ts";

const servers = { refusing, silent, closing, trickling, endless };
type Kind = keyof typeof servers;
const kinds = Object.keys(servers) as Kind[];
/** In one word what a probe says; "timeout": it says nothing until it is cut. */
type Expected = Readonly<Record<Kind, string>>;

const usual: Expected = {
  refusing: "refused",
  silent: "timeout",
  closing: "closed",
  trickling: "timeout",
  endless: "protocol",
};
const always = (said: string): Expected => ({
  refusing: said,
  silent: said,
  closing: said,
  trickling: said,
  endless: said,
});
/** What the program below makes of them: a line that is no greeting is exit status 1. */
const byProgram: Expected = {
  refusing: "status",
  silent: "timeout",
  closing: "status",
  trickling: "timeout",
  endless: "status",
};

const folder = mkdtempSync(join(tmpdir(), "checks-"));
afterAll(() => rmSync(folder, { recursive: true }));
const program = join(folder, "greets");
writeFileSync(
  program,
  `#!/usr/bin/perl
use IO::Socket::IP;
my ($host, $port) = @ARGV[2, 3];
$host =~ tr/[]//d;
my $server = IO::Socket::IP->new(PeerHost => $host, PeerPort => $port) or die "connect: $@";
exit(<$server> =~ /^OK/ ? 0 : 1);
`,
  { mode: 0o755 },
);

interface Row {
  readonly settings?: Partial<CheckSettings>;
  readonly expected?: Expected;
  /** Of the loop, that it may take from the cut to its end. */
  readonly lateTurns?: number;
}
/** How soon a program is dead is up to the kernel, and the loop turns without a pause meanwhile. */
const endsAProgram = { lateTurns: Number.POSITIVE_INFINITY };
const sql = { login: "check", request: "SELECT 1" };
/** By file name and the service or checktype the probe is for. */
const rows: Readonly<Record<string, Row>> = {
  // Any port that accepts is up; only the refusing one is not.
  connect: { expected: { ...always("up"), refusing: "refused" } },
  // The loopback addresses answer whatever listens there. One that does not answer: ping.test.ts.
  ping: { expected: always("up") },
  // Bytes that are no TLS record end the handshake at the first of them, or once a header's worth is there.
  https: { expected: { ...usual, trickling: "tls", endless: "tls" } },
  imaps: { expected: { ...usual, trickling: "tls", endless: "tls" } },
  pops: { expected: { ...usual, trickling: "tls", endless: "tls" } },
  // An "x" cannot start a status line, so the first byte decides. A trickle of HTTP: http.test.ts.
  http: { expected: { ...usual, trickling: "protocol" } },
  // What is none of the protocol shows in its first bytes.
  ldap: { expected: { ...usual, trickling: "protocol" } },
  ldaps: { expected: { ...usual, trickling: "tls", endless: "tls" } },
  mysql: { settings: sql, expected: { ...usual, trickling: "protocol" } },
  oracle: { settings: { ...sql, database: "ORCL" }, expected: { ...usual, trickling: "protocol" } },
  pgsql: { settings: sql, expected: { ...usual, trickling: "protocol" } },
  simpletcp: { settings: { receive: "^OK$" } },
  // It asks by UDP, where none of the five listens.
  radius: { expected: always("refused") },
  http_proxy: {
    settings: { request: "http://www.example.com/" },
    expected: { ...usual, trickling: "protocol" },
  },
  external: { settings: { checkCommand: program }, expected: byProgram, ...endsAProgram },
  "external-perl": { settings: { checkCommand: program }, expected: byProgram, ...endsAProgram },
};

const registry = await loadChecks();
const asks = ({ prepare }: Check): boolean => {
  const it = prepare(settings());
  return !(it.ok && "staysUp" in it.value);
};
const cases = [...registry.files()].flatMap(([file, check]) => {
  if (!asks(check)) return [];
  const words = check.services.length > 0 ? check.services : [{ name: file }];
  return words.map(({ name }) => ({ name, check }));
});

// The thread that searches for `receive` stays once it is there, and belongs to no probe.
beforeAll(async () => {
  const understood = expectedOf("(?=a)a");
  if (!understood.ok || "staysDown" in understood.value) throw new Error("no pattern");
  const { signal } = new AbortController();
  await understood.value.expected
    ?.search({ address: "127.0.0.1", port: 1 }, signal, 5_000)
    .firstOf(["a"]);
});

/** Those that ask over the engine's sockets where they can. */
const asksByEngine = [
  ...["connect", "http", "https", "smtp", "pop", "imap", "nntp", "ftp", "simpletcp", "sip"],
  ...["redis", "ldap", "dns"],
];
const engines = cases
  .filter(({ name }) => asksByEngine.includes(name))
  .map((each) => ({ ...each, engine: "node" as const }));
afterEach(() => useEngine(theRuns));

test.for([...cases.map((each) => ({ ...each, engine: "native" as const })), ...engines])(
  "$name tells the five servers apart, in time, and leaves nothing open: $engine",
  async ({ name, check, engine }) => {
    useEngine(engine);
    const { settings = {}, expected = usual } = rows[name] ?? {};
    // What is made once and stays (a loaded library, a module) is made here, not counted.
    await outcome(prepared(check, { service: name, ...settings }), {
      address: "127.0.0.1",
      port: 1,
    });
    const before = openSockets();

    const said = await Promise.all(
      loopbacks.flatMap((address) =>
        kinds.map(async (kind) => {
          await using server = await servers[kind](address);
          const probe = prepared(check, { service: name, real: server.endpoint, ...settings });
          const cutAfterMs = expected[kind] === "timeout" ? 250 : 8000;
          const result = await outcome(probe, server.endpoint, cutAfterMs);
          return {
            server: `${kind} ${address}`,
            said: result.isCut && result.verdict === undefined ? "timeout" : word(result),
            isLate: result.isCut && result.lateTurns > (rows[name]?.lateTurns ?? 1000),
            isHeldOpen: !(await eventually(() => server.held() === 0)),
            detailLines: result.verdict?.detail.split("\n").length ?? 1,
          };
        }),
      ),
    );

    expect(said).toEqual(
      loopbacks.flatMap((address) =>
        kinds.map((kind) => ({
          server: `${kind} ${address}`,
          said: expected[kind],
          isLate: false,
          isHeldOpen: false,
          detailLines: 1,
        })),
      ),
    );
    const leftOpen = (): boolean => openSockets().length > before.length;
    expect(await eventually(() => !leftOpen()), `left open: ${openSockets()}`).toBe(true);
    expect(childrenOf(process.pid)).toEqual([]);
  },
);

test.for(cases)(
  "$name gives no verdict when this process has no descriptors left",
  async ({ name, check }) => {
    const probe = prepared(check, { service: name, ...rows[name]?.settings });
    await using server = await silent("127.0.0.1");
    const result = await withoutDescriptors(() => outcome(probe, server.endpoint, 2000));
    expect(word(result)).toBe("no verdict");
    expect(isLocalFault(result.error)).toBe("EMFILE");
  },
);

test.for(cases)(
  "$name leaves nothing open when it is aborted while it connects",
  async ({ name, check }) => {
    await using server = await silent("127.0.0.1");
    const before = openSockets().length;
    const probe = prepared(check, {
      service: name,
      real: server.endpoint,
      ...rows[name]?.settings,
    });
    const controller = new AbortController();
    const running = probe.probe(server.endpoint, controller.signal).catch(() => {});
    await new Promise((resolve) => process.nextTick(resolve));
    controller.abort(new Error("the daemon stops"));
    await running;
    expect(await eventually(() => openSockets().length <= before)).toBe(true);
  },
);

test.for(cases)(
  "$name rejects with the signal's reason when it was aborted before it began",
  async ({ name, check }) => {
    const { probe } = prepared(check, { service: name, ...rows[name]?.settings });
    await using server = await silent("127.0.0.1");
    const reason = new Error("the daemon stops");
    await expect(probe(server.endpoint, AbortSignal.abort(reason))).rejects.toBe(reason);
  },
);

/** Lowers our own limit (the hard one stays), takes what is left, and puts all back. */
async function withoutDescriptors<T>(work: () => Promise<T>): Promise<T> {
  const limit = (soft: string): Buffer =>
    execFileSync("prlimit", ["--pid", String(process.pid), `--nofile=${soft}:`]);
  const usual = execFileSync("prlimit", ["--pid", String(process.pid), "--nofile", "-o", "SOFT"])
    .toString()
    .replace(/\D/g, "");
  limit("256");
  const taken: number[] = [];
  try {
    for (;;) taken.push(openSync("/dev/null", "r"));
  } catch (error) {
    expect(error).toMatchObject({ code: "EMFILE" });
  }
  try {
    return await work();
  } finally {
    for (const fd of taken) closeSync(fd);
    limit(usual);
  }
}

const childrenOf = (pid: number): string[] =>
  execFileSync("sh", ["-c", `ps -o pid=,args= --ppid ${pid} | grep -v 'ps -o' || true`])
    .toString()
    .split("\n")
    .filter((line) => line !== "" && !/ sh -c |grep -v/.test(line));
