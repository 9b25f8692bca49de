import { type LibcWithQuickCalls, loadLibc } from "../../../src/native/libc.ts";
import { Poller } from "../../../src/native/poller.ts";

export { readAnnounced } from "../../../src/native/libc.ts";

/** What probes of our own sockets share. */
export interface Engine {
  readonly libc: LibcWithQuickCalls;
  readonly poller: Poller;
}

let isOn = true;

/** From now on, or from now on not. For all checks of this process. */
export function useEngine(kind: "native" | "node"): void {
  isOn = kind === "native";
}

let opened: Engine | "none" | undefined;

/** Opened at the first call. undefined where the system's calls are not to be had: then Node's own sockets do it. */
export function engine(): Engine | undefined {
  if (!isOn) return undefined;
  opened ??= open() ?? "none";
  return opened === "none" ? undefined : opened;
}

function open(): Engine | undefined {
  const libc = loadLibc();
  if (libc === undefined) return undefined;
  try {
    return { libc, poller: new Poller(libc) };
  } catch {
    // No descriptor to be had just now.
    return undefined;
  }
}
