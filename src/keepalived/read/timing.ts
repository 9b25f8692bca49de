import type { Timing } from "../model.ts";
import { seconds, wholeNumber } from "../values.ts";
import { keep, type Words, type Writable } from "./statements.ts";

export type TimingDraft = Writable<Timing>;

type Takes = Words<{ readonly timing: TimingDraft }>["takes"];

/** When a server is asked: the same words in a virtual server, a real server and a checker. */
const anywhere: Takes = {
  delay_loop: (statement, { timing }, findings) => {
    keep(timing, "delayLoop", seconds(statement, findings));
  },
  connect_timeout: (statement, { timing }, findings) => {
    keep(timing, "connectTimeout", seconds(statement, findings));
  },
  delay_before_retry: (statement, { timing }, findings) => {
    keep(timing, "delayBeforeRetry", seconds(statement, findings));
  },
};

const retryFrom =
  (least: number): Takes[string] =>
  (statement, { timing }, findings) => {
    keep(timing, "retry", wholeNumber(statement, findings, [least, 1_000_000]));
  };

/** Of a virtual server and a real server. There keepalived refuses `retry 0`. */
export const timingWords: Takes = { ...anywhere, retry: retryFrom(1) };

/** Of a checker. `nb_get_retry` is what `retry` was called until 2.0. */
export const checkerTimingWords: Takes = {
  ...anywhere,
  retry: retryFrom(0),
  nb_get_retry: retryFrom(0),
};
