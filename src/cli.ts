#!/usr/bin/env node
import { extname } from "node:path";
import type { Caller } from "./commands/invocation.ts";
import { keptTerminal, ownTerminal } from "./commands/terminal.ts";
import { takeParentLink } from "./process/detach.ts";
import { exitNow } from "./process/exit-now.ts";
import { takeNotifySocket } from "./process/service-manager.ts";
import { keepHeapSmall } from "./process/small-heap.ts";

keepHeapSmall();

// The log, the pid file and the mail go through what was ours to begin with: nobody else may write to them.
process.umask(process.umask(0o022) | 0o022);
const link = takeParentLink();
const notifySocket = takeNotifySocket(process.env, { pid: process.pid, parentPid: process.ppid });
const [, program = "ldirectord", ...argv] = process.argv;
const kept = keptTerminal();
const caller: Caller = {
  program,
  threadProgram: new URL(`./probe-thread${extname(import.meta.url)}`, import.meta.url),
  terminal: link === undefined ? ownTerminal : kept,
  isDaemonToBe: link !== undefined,
  notifySocket,
  reportReady: async () => link?.report({ kind: "ready", text: kept.kept() }),
};

const { run } = await import("./commands/run.ts");
const exitCode = await run(argv, caller);
const text = kept.kept();
// A daemon has reported long ago when it comes to this; what did not become one has not.
await link?.report(exitCode === 0 ? { kind: "ready", text } : { kind: "failed", exitCode, text });
exitNow(exitCode);
