/** Every check meets every kind of bad server: what it says, how soon, and what it costs. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CheckSettings } from "../../checks/check.ts";
import { loadChecks } from "../../checks/registry.ts";
import { eventually, openSockets, prepared } from "../checks/probing.ts";
import { type Behaviour, behaviours, floods } from "./behaviours.ts";
import { type Certificates, makeBenchCertificates } from "./certificates.ts";
import { type Host, startHost } from "./host.ts";
import { measured, peakBytes } from "./measure.ts";
import { type Row, table } from "./table.ts";

/** Time of a probe that shall run out, and of one that shall not. */
const shortMs = 400;
const longMs = 8000;
/** How much later than its time a probe may end. */
const lateMs = 50;
const maxBytes = 1024 * 1024;

const registry = await loadChecks();

let host: Host;
let certificates: Certificates;
const trusted = process.env["SSL_CERT_FILE"];
beforeAll(async () => {
  certificates = makeBenchCertificates();
  process.env["SSL_CERT_FILE"] = certificates.caFile;
  host = await startHost();
});
afterAll(async () => {
  if (trusted === undefined) delete process.env["SSL_CERT_FILE"];
  else process.env["SSL_CERT_FILE"] = trusted;
  await host[Symbol.asyncDispose]();
  certificates[Symbol.dispose]();
});

test("every service is here", () => {
  const words = new Set(Object.keys(table).map((name) => name.replace(/ \(.*/, "")));
  const missing = [...registry.services()].filter((name) => name !== "none" && !words.has(name));
  expect(missing).toEqual([]);
});

test("every behaviour is met by somebody", () => {
  const met = new Set(Object.values(table).flatMap(({ said }) => Object.keys(said)));
  expect(behaviours.filter((behaviour) => !met.has(behaviour))).toEqual([]);
});

/** One probe of one bad server. */
async function meet(
  name: string,
  row: Row,
  behaviour: Behaviour,
  { address = "127.0.0.1", slowly = false } = {},
) {
  const service = name.replace(/ \(.*/, "");
  const check = registry.byService(service) ?? registry.files().get(service);
  if (check === undefined) throw new Error(`no check answers for ${service}`);
  const { conversation, transport, isTls = false } = row;
  const isChain = behaviour === "certificate chain of 100 kB";
  const plan = { conversation, transport, behaviour, address, slowly } as const;
  const tls = isChain ? certificates.huge : certificates.good;
  // Somebody else, who is right.
  await using other = await host.open({ ...plan, behaviour: "early close", address: "127.0.0.2" });
  const redirectTo = `http://127.0.0.2:${other.endpoint.port}/`;
  await using server = await host.open({ ...plan, redirectTo, ...(isTls ? { tls } : {}) });
  const timeoutMs = isTimeout(row, behaviour) ? shortMs : longMs;
  const settings: Partial<CheckSettings> = {
    ...(behaviour === "zero window" ? (row.longSettings ?? row.settings) : row.settings),
    service,
    real: server.endpoint,
    checkTimeoutMs: timeoutMs,
    negotiateTimeoutMs: timeoutMs,
  };
  const run = await measured(prepared(check, settings), server.endpoint);
  return { ...run, timeoutMs };
}

const saidOf = ({ said }: Row, behaviour: Behaviour): readonly string[] => {
  const expected = said[behaviour] ?? [];
  return typeof expected === "string" ? [expected] : expected;
};
const isTimeout = (row: Row, behaviour: Behaviour): boolean =>
  saidOf(row, behaviour).includes("timeout");

const rows = Object.entries(table).map(([name, row]) => ({ name, row }));
const behavioursOf = ({ said }: Row): readonly Behaviour[] =>
  behaviours.filter((behaviour) => behaviour in said);
const listeners = (): number =>
  process.eventNames().reduce((sum, event) => sum + process.listenerCount(event), 0);

describe.each(rows)("$name", ({ name, row }) => {
  test("gives the right reason, in time, and leaves nothing behind", async () => {
    // What is made once and stays (a loaded library) is made here, not counted.
    await meet(name, row, "silence");
    const socketsBefore = openSockets().length;
    const listenersBefore = listeners();

    const problems = await Promise.all(
      behavioursOf(row).map(async (behaviour) => {
        const met = await meet(name, row, behaviour);
        return problemsOf(met, saidOf(row, behaviour)).map((problem) => `${behaviour}: ${problem}`);
      }),
    );

    expect(problems.flat()).toEqual([]);
    const isAsBefore = await eventually(() => openSockets().length <= socketsBefore);
    expect(isAsBefore, `left open: ${openSockets()}`).toBe(true);
    expect(listeners()).toBe(listenersBefore);
  }, 30_000);

  const met = floods.filter((behaviour) => behaviour in row.said);
  test.runIf(met.length > 0)(
    "takes at most 1 MiB from who never stops",
    async () => {
      for (const behaviour of met) await meet(name, row, behaviour);
      const taken: Record<string, number> = {};
      for (const behaviour of met) {
        const [bytes] = await peakBytes(() => meet(name, row, behaviour, { slowly: true }));
        taken[behaviour] = bytes;
      }
      expect(Object.entries(taken).filter(([, bytes]) => bytes > maxBytes)).toEqual([]);
    },
    60_000,
  );
});

type Met = Awaited<ReturnType<typeof meet>>;

/** What is wrong with one probe, in words. */
function problemsOf(met: Met, expected: readonly string[]): readonly string[] {
  const { verdict, timeoutMs, listenersLeft } = met;
  const said = verdict.up ? "up" : verdict.reason;
  const problems: string[] = [];
  if (!expected.includes(said))
    problems.push(`${said} (${verdict.detail}) instead of ${expected.join(" or ")}`);
  for (const [what, ms] of [
    ["said", met.tookMs],
    ["settled", met.settledMs],
  ] as const) {
    if (ms > timeoutMs + lateMs) problems.push(`${what} after ${ms} ms of ${timeoutMs}`);
  }
  if (listenersLeft > 0) problems.push(`${listenersLeft} listeners left on the signal`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  if (/[\x00-\x1f\x7f-\x9f]/.test(verdict.detail))
    problems.push(`not one clean line: ${JSON.stringify(verdict.detail)}`);
  return problems;
}
