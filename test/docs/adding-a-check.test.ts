/** The example of docs/adding-a-check.md, as it is printed there: one file more, and a daemon asks by it. */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ts from "typescript";
import { afterAll, expect, test } from "vitest";
import type * as registry from "../../checks/registry.ts";
import type * as daemon from "../../src/daemon/daemon.ts";
import type * as preparing from "../../src/daemon/prepare.ts";
import type * as embedded from "../../src/ipvs/embedded-ipvs.ts";
import { memoryLog } from "../support/fakes/memory-log.ts";
import { serve } from "../support/servers/scripted.ts";

const root = new URL("../../", import.meta.url).pathname;
const document = readFileSync(join(root, "docs/adding-a-check.md"), "utf8");
const [, name = "", example = ""] =
  /This is `checks\/([a-z]+\.ts)`, whole.*?```ts\n(.*?)```/s.exec(document) ?? [];

const folder = mkdtempSync(join(tmpdir(), "ldirectord-ng-example-"));
afterAll(() => rmSync(folder, { recursive: true }));
for (const part of ["checks", "src", "package.json", "tsconfig.json"])
  cpSync(join(root, part), join(folder, part), { recursive: true });
symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
const file = join(folder, "checks", name);
writeFileSync(file, example);

/** A module of the copy. */
const load = async <T>(path: string): Promise<T> => import(join(folder, path));

test("compiles", { timeout: 60_000 }, () => {
  const read = ts.readConfigFile(join(folder, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(read.config, ts.sys, folder);
  const program = ts.createProgram([file], options);
  const mistakes = ts.getPreEmitDiagnostics(program, program.getSourceFile(file));
  expect(
    mistakes.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n")),
  ).toEqual([]);
});

test("runs in a daemon: up by what it waits for, down by anything else", {
  timeout: 60_000,
}, async () => {
  const { loadChecks } = await load<typeof registry>("checks/registry.ts");
  const { prepare } = await load<typeof preparing>("src/daemon/prepare.ts");
  const { startDaemon } = await load<typeof daemon>("src/daemon/daemon.ts");
  const { EmbeddedIpvs } = await load<typeof embedded>("src/ipvs/embedded-ipvs.ts");
  let said = "Login: root\r\nNo Mail.";
  await using server = await serve("127.0.0.1", (socket) => {
    socket.on("error", () => {}).on("data", () => socket.end(`${said}\r\n`));
  });
  const path = join(folder, "example.cf");
  const lines = [
    "checkinterval=1",
    "virtual=192.0.2.1:79",
    `    real=127.0.0.1:${server.endpoint.port} masq 3`,
    "    service=finger",
    '    request="root"',
    '    receive="^Login: root"',
  ];
  writeFileSync(path, `${lines.join("\n")}\n`);

  const checks = await loadChecks();
  const prepared = await prepare(path, checks);
  if (!prepared.ok) throw new Error(prepared.problems.map(({ text }) => text).join("\n"));
  expect(prepared.warnings.map(({ text }) => text)).toEqual([
    expect.stringMatching(/the original has no "finger" and refuses this file.*ldirectord-ng\.ini/),
  ]);

  const ipvs = new EmbeddedIpvs();
  const log = memoryLog();
  const prepareAgain = () => prepare(path, checks);
  const running = await startDaemon({ log, ipvs, prepared, prepareAgain, rereadMs: 0 });
  const weights = async () => (await ipvs.list())[0]?.dests.map(({ weight }) => weight);
  try {
    await expect.poll(weights, { timeout: 10_000 }).toEqual([3]);
    said = "finger: root: no such user";
    expect(await log.until("real-failed")).toMatchObject({ reason: "mismatch", detail: said });
    await expect.poll(weights, { timeout: 10_000 }).toEqual([]);
  } finally {
    await running.stop("TERM");
  }
});
