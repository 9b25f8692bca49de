/**
 * How the runner of a probe hears that the real server has said something. The signal stands for the run and
 * goes wherever its sockets go, so it carries this, too.
 */
import type { RunSignal } from "./run-signal.ts";

const ear = Symbol("heard");

/** Who is told. */
export interface Ear {
  /** The server has said a thing: its end of a handshake, or a piece of an answer. */
  heard(): void;
}

type Listening = RunSignal & { [ear]?: Ear };

export function listenFor(signal: RunSignal, listener: Ear): void {
  (signal as Listening)[ear] = listener;
}

/** The server has said something in the run of `signal`. Whoever reads from its socket calls this. */
export function heard(signal: RunSignal): void {
  (signal as Listening)[ear]?.heard();
}
