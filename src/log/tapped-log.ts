import type { EventFields, EventName } from "./events/events.ts";
import type { Logger } from "./logger.ts";

/** Hears of every event, those below the log's level, too. Quick: a check may wait for it. */
export interface LogTap {
  onEvent<N extends EventName>(name: N, values: EventFields<N>): void;
}

/** @param tap undefined while nobody listens */
export const tappedLog = (log: Logger, tap: () => LogTap | undefined): Logger => ({
  debug: (text) => log.debug(text),
  event: (name, values) => {
    tap()?.onEvent(name, values);
    log.event(name, values);
  },
});
