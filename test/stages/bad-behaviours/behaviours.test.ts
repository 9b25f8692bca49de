/** Every check meets every kind of bad server: what it says, how soon, and what it costs. */
import { describe, expect, test } from "vitest";
import { eventually, openSockets } from "../../unit/checks/probing.ts";
import { type Behaviour, behaviours, floods } from "./behaviours.ts";
import { measured, peakBytes } from "./measure.ts";
import { behavioursOf, probeOf, problemsOf, registry, rows, saidOf } from "./probe.ts";
import { badServers } from "./rig.ts";
import { type Row, table } from "./table.ts";

/** Time of a probe that shall run out, and of one that shall not. */
const shortMs = 400;
const longMs = 8000;
const maxBytes = 1024 * 1024;

const rig = badServers();

test("every check is here", () => {
  const words = new Set(Object.keys(table).map((name) => name.replace(/ \(.*/, "")));
  for (const [file, { services }] of registry.files()) {
    // `none` asks nobody. A ping asks the address, not a server: test/stages/kernel/bad-network.test.ts.
    if (file === "none" || file === "ping") continue;
    for (const { name } of services.length > 0 ? services : [{ name: file }])
      expect(words).toContain(name);
  }
});

test("every behaviour is met by somebody", () => {
  const met = new Set(Object.values(table).flatMap(({ said }) => Object.keys(said)));
  expect(behaviours.filter((behaviour) => !met.has(behaviour))).toEqual([]);
});

/** One probe of one bad server. */
async function meet(name: string, row: Row, behaviour: Behaviour, { slowly = false } = {}) {
  const { conversation, transport, isTls = false } = row;
  const isChain = behaviour === "certificate chain of 100 kB";
  const plan = { conversation, transport, behaviour, address: "127.0.0.1", slowly } as const;
  const tls = isChain ? rig.certificates.huge : rig.certificates.good;
  // Somebody else, who is right.
  await using other = await rig.host.open({
    ...plan,
    behaviour: "early close",
    address: "127.0.0.2",
  });
  const redirectTo = `http://127.0.0.2:${other.endpoint.port}/`;
  await using server = await rig.host.open({ ...plan, redirectTo, ...(isTls ? { tls } : {}) });
  const timeoutMs = saidOf(row, behaviour).includes("timeout") ? shortMs : longMs;
  const settings = behaviour === "zero window" ? (row.longSettings ?? row.settings) : row.settings;
  const probe = probeOf(name, settings, server.endpoint, timeoutMs);
  const run = await measured(probe, server.endpoint, timeoutMs);
  return problemsOf(run, saidOf(row, behaviour), timeoutMs).map(
    (problem) => `${behaviour}: ${problem}`,
  );
}

const listeners = (): number =>
  process.eventNames().reduce((sum, event) => sum + process.listenerCount(event), 0);

describe.each(rows)("$name", ({ name, row }) => {
  test("gives the right reason, in time, and leaves nothing behind", async () => {
    // What is made once and stays (a loaded library) is made here, not counted.
    await meet(name, row, "silence");
    const socketsBefore = openSockets().length;
    const listenersBefore = listeners();

    const problems = await Promise.all(
      behavioursOf(row).map((behaviour) => meet(name, row, behaviour)),
    );

    expect(problems.flat()).toEqual([]);
    const isAsBefore = await eventually(() => openSockets().length <= socketsBefore);
    expect(isAsBefore, `left open: ${openSockets()}`).toBe(true);
    expect(listeners()).toBe(listenersBefore);
  }, 180_000);

  const met = floods.filter((behaviour) => behaviour in row.said);
  if (met.length === 0) return;
  test("takes at most 1 MiB from who never stops", async () => {
    for (const behaviour of met) await meet(name, row, behaviour);
    const taken: Record<string, number> = {};
    for (const behaviour of met) {
      // What is needed is needed each time; what else was in use at that moment is not.
      for (let round = 0; round < 3 && !((taken[behaviour] ?? Infinity) <= maxBytes); round += 1) {
        const [bytes] = await peakBytes(() => meet(name, row, behaviour, { slowly: true }));
        taken[behaviour] = bytes;
      }
    }
    expect(Object.entries(taken).filter(([, bytes]) => bytes > maxBytes)).toEqual([]);
  }, 180_000);
});
