import type { WholeFile } from "../files/whole-file.ts";
import type { Supervisor } from "../health/supervisor.ts";
import { createIncidents, type Incidents } from "../incidents/keeper.ts";
import type { Logger } from "../log/logger.ts";
import type { Outside } from "./outside.ts";

/** See DaemonOptions. */
interface AlertingOptions {
  readonly log: Logger;
  readonly instance?: string;
  readonly incidentFile?: WholeFile;
}

export interface AlertingParts {
  readonly supervisor: () => Supervisor;
  readonly isSpare: (serviceId: string) => boolean;
}

/** Incidents, on what this daemon believes of its real servers. */
export function createAlerting(
  { log, instance = "ldirectord", incidentFile: file }: AlertingOptions,
  outside: Outside,
  { supervisor, isSpare }: AlertingParts,
): Incidents {
  return createIncidents({
    ...{ log, isSpare, instance, sendMail: outside.sendMail, post: outside.post },
    commands: outside.commands.alert,
    view: {
      health: (id, real) => supervisor().health(id, real),
      maintenance: (id, real) => supervisor().maintenance(id, real),
      steering: (id, real) => supervisor().steering(id, real),
    },
    why: (id, real) => {
      const outcome = supervisor().monitor(id, real)?.lastVerdict?.outcome;
      const isDown = outcome?.kind === "verdict" && !outcome.verdict.up;
      return isDown ? `${outcome.verdict.reason}: ${outcome.verdict.detail}` : "down";
    },
    ...(file !== undefined && { file }),
  });
}

/** Messages that wait, by the alert. */
export const waitingOf = (incidents: Incidents): Readonly<Record<string, number>> =>
  Object.fromEntries(incidents.now().map(({ name, waiting }) => [`alert ${name}`, waiting]));
