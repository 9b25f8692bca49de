import type { Timing } from "../model.ts";
import { seconds, wholeNumber } from "../values.ts";
import { keep, type Words, type Writable } from "./statements.ts";

export type TimingDraft = Writable<Timing>;

/** When a server is asked: the same words in a virtual server, a real server and a checker. */
export const timingWords: Words<{ readonly timing: TimingDraft }>["takes"] = {
  delay_loop: (statement, { timing }, findings) => {
    keep(timing, "delayLoop", seconds(statement, findings));
  },
  connect_timeout: (statement, { timing }, findings) => {
    keep(timing, "connectTimeout", seconds(statement, findings));
  },
  retry: (statement, { timing }, findings) => {
    keep(timing, "retry", wholeNumber(statement, findings, [0, 1_000_000]));
  },
  // Its name until 2.0.
  nb_get_retry: (statement, { timing }, findings) => {
    keep(timing, "retry", wholeNumber(statement, findings, [0, 1_000_000]));
  },
  delay_before_retry: (statement, { timing }, findings) => {
    keep(timing, "delayBeforeRetry", seconds(statement, findings));
  },
};
