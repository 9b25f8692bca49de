import type { CheckSettings, PreparedProbe, Verdict } from "../../../../checks/check.ts";
import { isLocalFault } from "../../../../checks/lib/fault.ts";
import { Run } from "../../../../checks/lib/run-signal.ts";
import { loadChecks } from "../../../../checks/registry.ts";
import { LoopLag } from "../../../../src/health/probes/lag.ts";
import { type ProbeOutcome, runProbe } from "../../../../src/health/probes/runner.ts";
import type { Endpoint } from "../../../../src/model/address.ts";
import { settings } from "../../../unit/checks/probing.ts";

const registry = await loadChecks();
const clock = (): number => performance.now();
const maxTries = 20;

/**
 * One probe as the daemon runs it: the check that the registry has for `service`, under the runner's deadline; one
 * that a loaded machine held up so much that it proves nothing is run again, as there. Without `monitored`.
 * Rejects when there is no verdict on the server (a local fault), or the check did not end when told to.
 */
export async function probe(
  service: string,
  changes: Partial<CheckSettings>,
  target: Endpoint,
): Promise<Verdict> {
  const check = registry.byService(service);
  if (check === undefined) throw new Error(`no check answers for service=${service}`);
  const prepared = check.prepare(settings({ service, real: target, ...changes }));
  if (!prepared.ok) throw new Error(prepared.error.join("\n"));
  if (!("probe" in prepared.value)) throw new Error(JSON.stringify(prepared.value));

  for (let tried = 1; ; tried++) {
    const outcome = await runOnce(service, prepared.value, target);
    if (outcome.kind === "verdict") {
      const { monitored: _, ...verdict } = outcome.verdict;
      return verdict;
    }
    const { kind, code, detail } = { code: "", detail: "", ...outcome };
    if (code !== "loop-lag" || tried === maxTries)
      throw new Error(`${service}: no verdict: ${kind} ${code} ${detail}`);
  }
}

async function runOnce(
  service: string,
  prepared: PreparedProbe,
  target: Endpoint,
): Promise<ProbeOutcome> {
  const lag = new LoopLag(clock);
  lag.start();
  let bug: unknown;
  let isAbandoned = false;
  const outcome = await runProbe(prepared, target, new Run(), 0, {
    clock,
    lag,
    isLocalFault,
    onBug: (error) => {
      bug = error;
    },
    onAbandoned: () => {
      isAbandoned = true;
    },
  });
  lag.stop();
  if (bug !== undefined) throw new Error(`${service}: a bug in the check`, { cause: bug });
  if (isAbandoned) throw new Error(`${service}: the probe did not end when told to`);
  return outcome;
}
