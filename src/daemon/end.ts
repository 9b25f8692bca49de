import type { LocalLinks } from "../health/blame/local-link.ts";
import type { Supervisor } from "../health/supervisor.ts";
import type { Incidents } from "../incidents/keeper.ts";
import type { Ipvs } from "../ipvs/ipvs.ts";
import type { Logger } from "../log/logger.ts";
import type { EmailAlerts } from "../mail/alerts.ts";
import type { MonitorFiles } from "../monitorfile/monitor-files.ts";
import type { FallbackCommands } from "../programs/fallback-command.ts";
import type { Instances } from "../programs/instances.ts";
import type { Reconciler } from "../reconcile/reconciler.ts";
import type { HealthKeeper } from "../word/health-keeper.ts";
import type { KernelSettings } from "./kernel-settings.ts";
import type { Outside } from "./outside.ts";
import type { Phase } from "./phase.ts";
import type { Prepared, Ready } from "./prepare.ts";
import type { Reloads } from "./reload.ts";

/** What is still on its way when the table is clean may take so long. */
const mailPatienceMs = 5_000;
const monitorFilePatienceMs = 2_000;
const incidentPatienceMs = 2_000;
const healthPatienceMs = 3_000;

export interface EndParts {
  readonly log: Logger;
  readonly ipvs: Ipvs;
  readonly outside: Outside;
  readonly phase: Phase;
  readonly supervisor: Supervisor;
  readonly reconciler: Reconciler;
  readonly kernelSettings: KernelSettings;
  readonly instances: Instances | undefined;
  readonly alerts: EmailAlerts;
  readonly monitorFiles: MonitorFiles;
  readonly fallbackCommands: FallbackCommands;
  readonly words: HealthKeeper;
  readonly reloads: Reloads;
  readonly incidents: Incidents;
  readonly ownLinks: LocalLinks;
  readonly prepareAgain: () => Promise<Prepared>;
  /** What begins nothing from the first moment on. */
  readonly halts: readonly { stop(): void }[];
}

/** For good, the services leave the table where `cleanstop` says so; for the next one it stays as it is. */
export type EndKind = "for good" | "for the next one";

/** How a daemon ends: in which order its parts let go. */
export function createEnd(parts: EndParts): (signal: string, kind: EndKind) => Promise<void> {
  const { log, reloads, instances, words, outside } = parts;

  /** What is to run after us, as far as we can tell: what the file no longer names goes with us. */
  const heir = async (): Promise<Pick<Ready, "config" | "ini">> => {
    const prepared = await parts.prepareAgain();
    return prepared.ok ? prepared : reloads.current();
  };

  return async (signal, kind) => {
    parts.phase.beginStopping();
    for (const part of parts.halts) part.stop();
    const next = kind === "for the next one" ? await heir() : undefined;
    const untold = words.end(next?.ini, healthPatienceMs);
    const { config, ini } = reloads.current();
    const others =
      next === undefined
        ? instances?.stop(config.execute)
        : instances?.change(config.execute, next.config.execute);
    // The probes need not have ended for the table to be cleaned: they have no say any more.
    const probes = parts.supervisor.stop();
    await parts.reconciler.stop(next?.config);
    await parts.kernelSettings.end(next?.ini);
    if (ini.saysStopAtEnd && next === undefined) {
      parts.fallbackCommands.leave(config.virtuals.filter(({ isCleanStop }) => isCleanStop));
    }
    const told = [
      parts.alerts.stop(mailPatienceMs),
      parts.monitorFiles.stop(monitorFilePatienceMs),
      parts.incidents.stop(incidentPatienceMs),
    ];
    await Promise.all([others, probes, untold, ...told]);
    await Promise.all(Object.values(outside.commands).map((runner) => runner.stop()));
    await words.close(healthPatienceMs);
    parts.ownLinks.stop();
    parts.ipvs.close();
    log.event("daemon-terminated", { signal });
  };
}
