/** docs/ldirectord.8.md, from which ldirectord(8) and `-h` are made, says what the code does. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { plainManual, readManual } from "../../src/commands/manual.ts";
import type { Config } from "../../src/config/config.ts";
import { directives } from "../../src/config/text/directives.ts";
import { parseIni } from "../../src/ini/ini.ts";
import { iniDefaults } from "../../src/ini/sections.ts";
import type { VirtualService } from "../../src/model/virtual-service.ts";
import { configOf, messagesOf, virtualOf, web } from "../unit/config/read.ts";

const markdown = readFileSync(new URL("../../docs/ldirectord.8.md", import.meta.url), "utf8");

interface Entry {
  /** "G", "V" or "GV"; undefined for a setting of the ini file. */
  readonly scope: string | undefined;
  readonly default: string;
  readonly min: number | undefined;
  readonly max: number | undefined;
}

/** By name; `[table] backend` in the ini file. */
const entries = new Map(
  [...markdown.matchAll(/^### (.*)\n\n\*((?:Scope|Default): .*)\*$/gm)].map(
    ([, title = "", facts = ""]): [string, Entry] => {
      const range = /Range: (\d+) to (\d+)\./.exec(facts);
      const scope = /Scope: (global or virtual|global|virtual)\./.exec(facts)?.[1];
      return [
        title.replace(/=.*/, ""),
        {
          scope: scope && { global: "G", virtual: "V", "global or virtual": "GV" }[scope],
          default: /Default: (.*?)\.( |$)/.exec(facts)?.[1] ?? "",
          min: range === null ? undefined : Number(range[1]),
          max: range === null ? undefined : Number(range[2]),
        },
      ];
    },
  ),
);
const ofDirectives = [...entries].filter(([, { scope }]) => scope !== undefined);
const ofIni = [...entries].filter(([, { scope }]) => scope === undefined);
const current = directives.filter(({ kind }) => kind !== "removed");

test("every directive has its entry, and every entry is a directive", () => {
  expect(ofDirectives.map(([name]) => name).sort()).toEqual(current.map(({ name }) => name).sort());
});

test.for(current)("$name: where it may stand", ({ name, scope }) => {
  expect(entries.get(name)?.scope).toBe(scope);
});

const yesNo = (value: boolean): string => (value ? "yes" : "no");
const orNone = (value: unknown): string => (value === undefined ? "none" : String(value));
const seconds = (ms: number): string => String(ms / 1000);

/** What a file that says nothing of it comes to. */
const defaults: Record<string, (virtual: VirtualService, config: Config) => string> = {
  virtual: (_, { virtuals }) => (virtuals.length === 1 ? "none" : "some"), // the one of the test
  virtual6: (_, { virtuals }) => (virtuals.length === 1 ? "none" : "some"),
  real: ({ reals }) => (reals.length === 1 ? "none" : "some"),
  real6: ({ reals }) => (reals.length === 1 ? "none" : "some"),
  fallback: ({ fallback }) => orNone(fallback),
  fallback6: ({ fallback }) => orNone(fallback),
  fallbackcommand: ({ fallbackCommand }) => orNone(fallbackCommand),
  scheduler: ({ scheduler }) => scheduler,
  schedflags: ({ schedulerFlags }) => (schedulerFlags === 0 ? "none" : "some"),
  persistent: ({ persistence }) => orNone(persistence),
  netmask: ({ persistence }) => orNone(persistence?.netmask),
  protocol: ({ key }) => (key.kind === "address" ? key.protocol : "fwm"),
  ops: ({ isOnePacket }) => yesNo(isOnePacket),
  checktype: ({ checkType }) => String(checkType),
  service: ({ service }) => (service === "http" ? "by port" : service),
  request: ({ request }) => orNone(request),
  receive: ({ receive }) => orNone(receive),
  httpmethod: ({ httpMethod }) => httpMethod,
  virtualhost: ({ virtualHost }) => orNone(virtualHost),
  login: ({ login }) => orNone(login),
  passwd: ({ passwd }) => orNone(passwd),
  database: ({ database }) => orNone(database),
  secret: ({ secret }) => orNone(secret),
  checkport: ({ checkPort }) => orNone(checkPort),
  checkcommand: ({ checkCommand }) => checkCommand,
  checkinterval: ({ checkIntervalMs }) => seconds(checkIntervalMs),
  checktimeout: ({ checkTimeoutMs }) => seconds(checkTimeoutMs),
  negotiatetimeout: ({ negotiateTimeoutMs }) => seconds(negotiateTimeoutMs),
  failurecount: ({ failureCount }) => String(failureCount),
  checkcount: ({ checkCount }) => String(checkCount),
  quiescent: ({ isQuiescent }) => yesNo(isQuiescent),
  cleanstop: ({ isCleanStop }) => yesNo(isCleanStop),
  readdquiescent: (_, { isReaddQuiescent }) => yesNo(isReaddQuiescent),
  maintenancedir: (_, { maintenanceDir }) => orNone(maintenanceDir),
  autoreload: (_, { isAutoreload }) => yesNo(isAutoreload),
  callback: (_, { callback }) => orNone(callback),
  execute: (_, { execute }) => (execute.length === 0 ? "none" : "some"),
  logfile: (_, { log }) => (log.kind === "file" ? log.path : log.facility),
  supervised: (_, { isSupervised }) => yesNo(isSupervised),
};

/** Read, and then of no effect: nothing in the code holds a default of theirs. */
const withoutEffect = new Set(["fork", "load"]);
/** Belong to mail and the monitorfile. */
const ofMail = new Set(
  "emailalert emailalertfrom emailalertfreq emailalertstatus smtp monitorfile servicename comment".split(
    " ",
  ),
);

test("each default is the one of the code", async () => {
  const config = await configOf(web());
  const virtual = await virtualOf(web());
  for (const [name, entry] of ofDirectives) {
    if (withoutEffect.has(name) || ofMail.has(name)) continue;
    expect(`${name}: ${entry.default}`).toBe(`${name}: ${defaults[name]?.(virtual, config)}`);
  }
});

test("each range is the one of the code: its ends pass without a word, what lies beyond does not", async () => {
  const withRange = ofDirectives.filter(([, { min }]) => min !== undefined);
  expect(withRange.length).toBeGreaterThan(6);
  for (const [name, { min = 0, max = 0 }] of withRange) {
    const told = async (value: number) =>
      (await messagesOf(web(`${name}=${value}`))).filter((each) => !each.includes("deprecated"));
    expect(await told(min), `${name}=${min}`).toEqual([]);
    expect(await told(max), `${name}=${max}`).toEqual([]);
    expect(await told(min - 1), `${name}=${min - 1}`).not.toEqual([]);
    expect(await told(max + 1), `${name}=${max + 1}`).not.toEqual([]);
  }
});

test("a number has its range, save for the one that may be 0 without end", () => {
  const numbers = current.filter(({ kind }) => ["positive", "digits", "port"].includes(kind));
  for (const { name } of numbers) expect(entries.get(name)?.max, name).toBeDefined();
});

test("the settings of ldirectord-ng.ini are all there, with the defaults and ranges of the code", () => {
  const withDefault = ofIni.filter(([, entry]) => entry.default !== "none");
  expect(withDefault).toHaveLength(Object.keys(iniDefaults).length);
  for (const [title, entry] of withDefault) {
    const [, section = "", key = ""] = /^\[(.*)\] (.*)$/.exec(title) ?? [];
    const parsed = (value: string | number) => parseIni(`[${section}]\n${key}=${value}\n`);
    expect(parsed(entry.default), title).toEqual({ ok: true, value: iniDefaults });
    if (entry.min === undefined || entry.max === undefined) continue;
    expect(parsed(entry.min).ok, title).toBe(true);
    expect(parsed(entry.max).ok, title).toBe(true);
    expect(parsed(entry.min - 1).ok, title).toBe(false);
    expect(parsed(entry.max + 1).ok, title).toBe(false);
  }
});

test("-h prints all of it as plain text that fits a terminal", () => {
  const text = readManual() ?? "";
  expect(text).toBe(plainManual(markdown));
  for (const { name } of current) expect(text).toMatch(new RegExp(`^    ${name}=`, "m"));
  expect(text).not.toMatch(/\*\*|^#|`/m);
  // A title is one line, whatever its length.
  const long = text.split("\n").filter((line) => line.length > 79 && !/^ {4}\S+=/.test(line));
  expect(long).toEqual([]);
});
