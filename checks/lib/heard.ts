/**
 * How the runner of a probe hears that the real server has said something. The signal stands for the run and
 * goes wherever its sockets go, so it carries this, too.
 */
import type { RunSignal } from "./run-signal.ts";

const listener = Symbol("heard");

type Listening = RunSignal & { [listener]?: () => void };

/** @param onHeard called for each thing the server says: its end of a handshake, and each piece of an answer */
export function listenFor(signal: RunSignal, onHeard: () => void): void {
  (signal as Listening)[listener] = onHeard;
}

/** The server has said something in the run of `signal`. Whoever reads from its socket calls this. */
export function heard(signal: RunSignal): void {
  (signal as Listening)[listener]?.();
}
