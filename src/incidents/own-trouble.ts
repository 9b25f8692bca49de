/** The director's own trouble, by the events of its log that begin and end it. */
import type { EventFields, EventName } from "../log/events/events.ts";
import type { Logger } from "../log/logger.ts";
import type { Trouble } from "./trouble.ts";

/** What hears of it: see Book. */
export interface TroubleListener {
  failed(trouble: Trouble): void;
  over(id: string): void;
}

type Rows = {
  readonly [N in EventName]?: (fields: EventFields<N>, to: TroubleListener) => void;
};

const rows = (): Rows => {
  let mistake = "";
  return {
    "config-error": ({ text }) => {
      mistake = text;
    },
    "config-kept": ({ path }, to) =>
      to.failed({
        id: "reload-refused",
        topic: "reload-refused",
        gravity: "warning",
        reason: mistake || path,
      }),
    "schedule-stretched": ({ started, late, worstMs }, to) =>
      to.failed({
        id: "director-late",
        topic: "director-late",
        gravity: "warning",
        reason: `${late} of ${started} checks were late, one by ${worstMs} ms`,
      }),
    "schedule-kept": (_, to) => to.over("director-late"),
    "local-fault": ({ fault, detail }, to) =>
      to.failed({
        id: `local-fault ${fault}`,
        topic: "local-fault",
        gravity: "error",
        reason: `${fault}: ${detail}`,
      }),
    "local-fault-over": ({ fault }, to) => to.over(`local-fault ${fault}`),
    "table-change-failed": ({ change, errno }, to) =>
      to.failed({
        id: `table-refused ${change}`,
        topic: "table-refused",
        gravity: "error",
        reason: `${change}: ${errno}`,
      }),
    "table-change-recovered": ({ change }, to) => to.over(`table-refused ${change}`),
    "table-change-dropped": ({ change }, to) => to.over(`table-refused ${change}`),
    "table-unreadable": ({ cause }, to) =>
      to.failed({
        id: "table-unreadable",
        topic: "table-unreadable",
        gravity: "error",
        reason: cause,
      }),
    "table-readable": (_, to) => to.over("table-unreadable"),
  };
};

/** A logger that tells what it logs of the director's own trouble, after the log has it. */
export function overheard(log: Logger, to: TroubleListener): Logger {
  const heard: Readonly<
    Record<string, ((fields: never, to: TroubleListener) => void) | undefined>
  > = rows();
  return {
    event(name, fields) {
      log.event(name, fields);
      heard[name]?.(fields as never, to);
    },
    debug: (text) => log.debug(text),
  };
}
