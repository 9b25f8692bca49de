/** Every check ends at its time, whatever phase the server hangs in, and the right one of the two timeouts says when. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { CheckSettings } from "../../../checks/check.ts";
import { eventually, openSockets } from "../../unit/checks/probing.ts";
import { turns } from "./conversations.mjs";
import type { Host } from "./host.ts";
import { lateMs, measured } from "./measure.ts";
import { probeOf, rows, saidOf } from "./probe.ts";
import { badServers } from "./rig.ts";
import type { Row } from "./table.ts";

/** setTimeout counts whole milliseconds and may round down. */
const earlyMs = 2;
const neverMs = 60_000;

const rig = badServers();
let socketsBefore = 0;
beforeAll(() => {
  socketsBefore = openSockets().length;
});
// Before the rig's own end: the last to be set up is the first to be taken down.
afterAll(async () => {
  const isAsBefore = await eventually(() => openSockets().length <= socketsBefore);
  expect(isAsBefore, `left open: ${openSockets()}`).toBe(true);
});

type Times = Pick<CheckSettings, "checkTimeoutMs" | "negotiateTimeoutMs">;

/** By which of the two a check goes: behaviour of the original §4.9. The other one is far away. */
function timesOf(name: string, ms: number): readonly Times[] {
  const check = { checkTimeoutMs: ms, negotiateTimeoutMs: neverMs };
  const negotiate = { checkTimeoutMs: neverMs, negotiateTimeoutMs: ms };
  if (/^(connect|external|external-perl|ldap|ldaps)$/.test(name)) return [check];
  return name === "radius" ? [check, negotiate] : [negotiate];
}

interface Hang {
  readonly what: string;
  readonly ms: number;
  readonly plan: Partial<Parameters<Host["open"]>[0]>;
  readonly isLong?: boolean;
}

/** All the ways in which a server of a row can keep a check waiting. */
function hangsOf({ conversation, transport, isTls = false, said, ...row }: Row): readonly Hang[] {
  const all: Hang[] = [];
  const add = (what: string, plan: Hang["plan"], more: Partial<Hang> = {}): void => {
    all.push({ what, ms: 1000, plan, ...more });
  };
  const hangs = (behaviour: "silence" | "trickle" | "zero window"): boolean =>
    saidOf({ said, conversation, transport }, behaviour).includes("timeout");
  if (transport === "tcp")
    add("a connection request without an answer", { behaviour: "no accept" });
  if (isTls) add("a TLS handshake that stops", { behaviour: "TLS stall" });
  // Of a datagram nothing or all arrives.
  const last = transport === "tcp" ? (turns[conversation] ?? 1) : 0;
  if (hangs("silence")) add("silence", { behaviour: "silence" });
  for (let quietAfter = 1; quietAfter < last && hangs("silence"); quietAfter++)
    add(`silence after ${quietAfter} answers`, { behaviour: "right", quietAfter });
  // So slow that it never gets to the point; the first bytes are there before the end.
  if (hangs("trickle"))
    add("one byte a second", { behaviour: "trickle", trickleMs: 1000 }, { ms: 2500 });
  if (hangs("zero window") && row.longSettings !== undefined)
    add("a server that stops reading", { behaviour: "zero window" }, { isLong: true });
  return all;
}

/** @returns what was wrong, in words */
async function meet(name: string, row: Row, hang: Hang, times: Times): Promise<readonly string[]> {
  const { conversation, transport, isTls = false, settings, longSettings } = row;
  await using server = await rig.host.open({
    ...{ conversation, transport, behaviour: "right", address: "127.0.0.1" },
    ...hang.plan,
    ...(isTls ? { tls: rig.certificates.good } : {}),
  });
  const asked = { ...(hang.isLong === true ? longSettings : settings), ...times };
  const probe = probeOf(name, asked, server.endpoint, hang.ms);
  const { verdict, tookMs, elapsedMs, settledMs } = await measured(probe, server.endpoint, hang.ms);
  const problems: string[] = [];
  if (verdict.up || verdict.reason !== "timeout")
    problems.push(`${verdict.up ? "up" : verdict.reason} (${verdict.detail})`);
  if (elapsedMs < hang.ms - earlyMs) problems.push(`after ${elapsedMs} ms already`);
  if (tookMs > hang.ms + lateMs) problems.push(`after ${tookMs} ms only`);
  if (settledMs > hang.ms + lateMs) problems.push(`not done before ${settledMs} ms`);
  return problems.map((problem) => `${hang.what}, time ${hang.ms} ms: ${problem}`);
}

test.concurrent.for(rows)(
  "$name is out of time within 50 ms of its time, in every phase",
  async ({ name, row }, { expect }) => {
    const runs = hangsOf(row).flatMap((hang) =>
      timesOf(name, hang.ms).map((times) => meet(name, row, hang, times)),
    );
    expect(runs.length).toBeGreaterThan(0);
    expect((await Promise.all(runs)).flat()).toEqual([]);
  },
);
