/**
 * Servers that mean harm. None costs the loop more than 20 ms in one turn, nor a probe more than 50 ms, in
 * processor time of our thread; and a server of somebody else, that falls silent meanwhile, is out in time.
 */
import { describe, expect, test } from "vitest";
import type { CheckSettings, PreparedProbe } from "../../../checks/check.ts";
import { Supervisor } from "../../../src/health/supervisor.ts";
import type { Endpoint } from "../../../src/model/address.ts";
import { Secret } from "../../../src/model/secret.ts";
import { monitorSpec } from "../../support/builders.ts";
import { memoryLog } from "../../support/fakes/memory-log.ts";
import { type Attack, attacks } from "./attacks.mjs";
import { type Cost, costOf } from "./cost.ts";
import { measured } from "./measure.ts";
import { probeOf } from "./probe.ts";
import { badServers } from "./rig.ts";

const maxTurnMs = 20;
const maxTotalMs = 50;
/** The best one counts: the code is judged, and not what the machine or the collector did meanwhile. */
const runs = 3;
/** Of a probe that shall not run out, on a busy machine either. */
const usualTimeMs = 20_000;

const rig = badServers();

const open = (attack: string, { transport, tls, isRsa = false }: Attack) =>
  rig.host.open({
    attack,
    transport: transport ?? "tcp",
    address: "127.0.0.1",
    ...(tls === undefined
      ? {}
      : { tls: { ...(isRsa ? rig.certificates.rsa : rig.certificates.good), ...tls } }),
  });

function prepare(
  { service, settings: { passwd, secret, ...settings } = {} }: Attack,
  target: Endpoint,
  timeoutMs: number,
): PreparedProbe {
  const all: Partial<CheckSettings> = {
    ...settings,
    ...(passwd === undefined ? {} : { passwd: new Secret(passwd) }),
    ...(secret === undefined ? {} : { secret: new Secret(secret) }),
  };
  return probeOf(service, all, target, timeoutMs);
}

const isCheap = ({ longestTurnMs, totalMs }: Cost): boolean =>
  longestTurnMs < maxTurnMs && totalMs < maxTotalMs;

const tried = Object.entries(attacks).map(([name, attack]) => ({ name, attack }));

describe.each(tried)("$name", ({ name, attack }) => {
  test("costs little", async () => {
    await using server = await open(name, attack);
    const timeoutMs = attack.timeoutMs ?? usualTimeMs;
    const probe = prepare(attack, server.endpoint, timeoutMs);
    const costs: Cost[] = [];
    while (costs.length < runs && !costs.some(isCheap)) {
      const [cost, { verdict }] = await costOf(() => measured(probe, server.endpoint));
      costs.push(cost);
      expect(attack.said, verdict.detail).toContain(verdict.up ? "up" : verdict.reason);
    }
    expect(costs.some(isCheap), JSON.stringify(costs)).toBe(true);
  });

  // By the clock on the wall, which a loaded machine holds up, too.
  test("keeps nobody else in", { retry: runs - 1 }, async () => {
    await using server = await open(name, attack);
    await using silent = await rig.host.open({
      ...{ conversation: "http", transport: "tcp", behaviour: "silence", address: "127.0.0.1" },
    });
    // Asked ten times as often as a file can ask for.
    const hostile = prepare(attack, server.endpoint, attack.timeoutMs ?? usualTimeMs);
    const [intervalMs, timeoutMs] = [200, 400];
    const maxMs = intervalMs + timeoutMs + 1000;
    const healthy = probeOf("http", {}, silent.endpoint, timeoutMs);
    const log = memoryLog();
    let out = (): void => {};
    const isOut = new Promise<void>((resolve) => {
      out = resolve;
    });
    const supervisor = new Supervisor({
      log,
      onChange: (serviceId) => {
        if (serviceId.includes("10.0.0.2")) out();
      },
    });
    const specOf = (id: string, target: Endpoint, main: PreparedProbe, everyMs: number) =>
      monitorSpec({ id, name: id, target, intervalMs: everyMs, main }, { virtual: `${id}:80` });
    const began = performance.now();
    supervisor.replace(
      [
        specOf("10.0.0.1", server.endpoint, hostile, 100),
        specOf("10.0.0.2", silent.endpoint, healthy, intervalMs),
      ],
      () => "up",
    );
    let timer: NodeJS.Timeout | undefined;
    const isOver = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, 3 * maxMs);
    });
    await Promise.race([isOut, isOver]);
    clearTimeout(timer);
    const tookMs = performance.now() - began;
    await supervisor.stop();
    expect(tookMs).toBeLessThan(maxMs);
    expect(log.all("internal-error").length).toBe(0);
  });
});
