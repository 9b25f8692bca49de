import { closeSync, readFileSync } from "node:fs";
import type { Config } from "../config/config.ts";
import { parse } from "../config/text/parse.ts";
import type { IniSettings } from "../ini/sections.ts";
import type { RedirectableLogger } from "../log/create-logger.ts";
import type { LogContext } from "../log/entry.ts";
import { defaultLog, openLog, openSupervised } from "../log/open.ts";
import type { LogSink } from "../log/record.ts";
import { openForAppending } from "../log/sinks/file.ts";
import { stderrSink } from "../log/sinks/stream.ts";
import type { LogTarget } from "../model/log-target.ts";
import type { RunArguments } from "./invocation.ts";

/** How the log is written, wherever it goes. */
export interface LogManner {
  readonly context: LogContext;
  readonly ini: Pick<IniSettings, "logFormat" | "logLevel">;
  /** They get it, too. */
  readonly beside: readonly LogSink[];
}

/** -d: standard error, as text and all of it; supervised: standard output; else where the file says. */
export function sendLog(
  log: RedirectableLogger,
  { isDebug }: RunArguments,
  config: Pick<Config, "log" | "isSupervised">,
  { context, ini: { logFormat, logLevel }, beside }: LogManner,
): void {
  if (isDebug) log.redirect([stderrSink(), ...beside], "debug");
  else if (config.isSupervised) {
    log.redirect([openSupervised(logFormat, context, process.pid), ...beside], logLevel);
  } else {
    const { sink, warning } = openLog(config.log, logFormat, context, process.pid);
    log.redirect([sink, ...beside], logLevel);
    if (warning !== undefined) log.event("config-warning", { text: warning });
  }
}

/** A file with a mistake may still name its log; one that can be written. */
export function logOfBrokenFile(path: string): LogTarget {
  try {
    const { ast } = parse(readFileSync(path, "utf8"));
    const line = ast.globals.filter(({ name }) => name === "logfile").at(-1);
    const name = /^"(.+)"/.exec(line?.value ?? "")?.[1];
    if (name === undefined) return defaultLog;
    if (!name.startsWith("/")) return { kind: "syslog", facility: name };
    closeSync(openForAppending(name));
    return { kind: "file", path: name };
  } catch {
    return defaultLog;
  }
}
